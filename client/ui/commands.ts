/** The commands of the chat. Each line that begins with one slash is a command; two slashes begin a text with one. */
import { BtrError } from '../errors.ts';
import { type ChatCommand, type ChatHost, firstWord } from './commands/command.ts';
import { dropCommands } from './commands/drops.ts';
import { fileCommands } from './commands/files.ts';
import { peopleCommands } from './commands/people.ts';
import { visible } from './visible.ts';

export type { ChatCommand, ChatHost };

const usageWidth = 24;

export const chatCommands: readonly ChatCommand[] = [
  { name: 'help', usage: '/help', what: 'this list', run: help },
  ...fileCommands,
  ...peopleCommands,
  ...dropCommands,
  {
    name: 'switch',
    usage: '/switch CHANNEL',
    what: 'talk in another channel',
    isFor: ({ switchTo }) => switchTo !== undefined,
    complete: firstWord(({ messenger }) => messenger.channels().map(({ name }) => name)),
    run: switchChannel,
  },
  {
    name: 'debug',
    usage: '/debug',
    what: 'show when messages are sent and delivered',
    run: (host) => debug(host, true),
  },
  { name: 'nodebug', usage: '/nodebug', what: 'show it no more', run: (host) => debug(host, false) },
  { name: 'quit', usage: '/quit', what: 'end; so do /exit and Ctrl-D', run: () => 'quit' },
  { name: 'exit', usage: '/exit', what: 'end', run: () => 'quit' },
];

function commandsOf(host: ChatHost): readonly ChatCommand[] {
  return chatCommands.filter(({ isFor }) => isFor?.(host) ?? true);
}

export function isCommand(line: string): boolean {
  return line.startsWith('/') && !line.startsWith('//');
}

/** What is sent for a line that is no command. */
export function textOf(line: string): string {
  return line.startsWith('//') ? line.slice(1) : line;
}

/** Runs a line that `isCommand`. `quit` ends the chat. @throws what is no BtrError, and the one of an interrupt. */
export async function runCommand(host: ChatHost, line: string): Promise<'quit' | undefined> {
  const [, name = '', rest = ''] = /^\/(\S*)\s*(.*)$/s.exec(line) ?? [];
  const command = commandsOf(host).find((one) => one.name === name.toLowerCase());
  if (!command) {
    host.say(`There is no command /${visible(name)}. /help lists them; // begins a text with a slash.`);
    return undefined;
  }
  try {
    return (await command.run(host, rest.trim())) ?? undefined;
  } catch (error) {
    if (!(error instanceof BtrError) || error.kind === 'interrupted') throw error;
    host.say(errorWords(error));
    return undefined;
  }
}

/** What went wrong and what to do about it, in one line. */
export function errorWords({ message, hint }: BtrError): string {
  return visible(hint === undefined ? message : `${message} ${hint}`);
}

export interface Completion {
  /** What may stand from there to the end of the line, sorted. */
  readonly words: readonly string[];
  readonly from: number;
}

/** What a line that `isCommand` may go on with: its name, or what the command takes. */
export async function completeCommand(host: ChatHost, line: string): Promise<Completion> {
  const typed = /^\/(\S*)$/.exec(line);
  if (typed) {
    const names = commandsOf(host).map(({ name }) => `/${name}`);
    return { words: beginningWith(names, line), from: 0 };
  }
  const [, name = '', rest = ''] = /^\/(\S*)\s+(.*)$/s.exec(line) ?? [];
  const command = commandsOf(host).find((one) => one.name === name.toLowerCase());
  const words = rest.split(/\s/);
  const choices = (await command?.complete?.(host, words)) ?? [];
  // A path with blanks in it is one choice, and goes back to where it began.
  for (const from of [line.length - rest.length, line.length - (words.at(-1)?.length ?? 0)]) {
    const fitting = beginningWith(choices, line.slice(from));
    if (fitting.length > 0) return { words: fitting, from };
  }
  return { words: [], from: line.length };
}

function beginningWith(words: readonly string[], start: string): string[] {
  return words.filter((word) => word.startsWith(start)).sort();
}

function help(host: ChatHost): void {
  for (const { usage, what } of commandsOf(host)) host.say(`${usage.padEnd(usageWidth)} ${what}`);
  host.say(`${'//text'.padEnd(usageWidth)} send a text that begins with a slash`);
}

function switchChannel(host: ChatHost, rest: string): void {
  if (rest === '') host.say('/switch CHANNEL: which one? Tab shows them.');
  else host.switchTo?.(host.messenger.channel(rest).name);
}

function debug(host: ChatHost, isOn: boolean): void {
  host.setDebug(isOn);
  host.say(isOn ? 'Showing what becomes of each message.' : 'Not showing that any more.');
}

/** The commands of the chat. Each line that begins with one slash is a command; two slashes begin a text with one. */
import { BtrError, type DropError, withHint } from '../errors.ts';
import type { Messenger } from '../messenger/index.ts';
import { fileRows } from '../ui/file-words.ts';
import { visible } from '../ui/visible.ts';
import type { Running } from './command.ts';
import { startProgress } from './progress.ts';

/** What a command works on. */
export interface ChatState {
  readonly running: Running;
  readonly messenger: Messenger;
  readonly channel: string;
  /** Shows a line of the chat's own. */
  readonly say: (text: string) => void;
  /** Has what is queued sent. */
  readonly deliver: () => void;
  /** Turns into the other side. */
  readonly swap: () => Promise<void>;
  debug: boolean;
}

interface ChatCommand {
  readonly usage: string;
  readonly what: string;
  /** True ends the chat. */
  readonly run: (state: ChatState, rest: string) => Promise<boolean | undefined> | boolean | undefined;
}

const quit: ChatCommand = { usage: '/quit', what: 'end; so do /exit and Ctrl-D', run: () => true };

const commands = new Map<string, ChatCommand>([
  ['help', { usage: '/help', what: 'this list', run: (state) => help(state) }],
  ['file', { usage: '/file PATH', what: 'send a file or a folder', run: (state, path) => sendFile(state, path) }],
  ['files', { usage: '/files', what: 'files that came and went', run: (state) => files(state) }],
  ['get', { usage: '/get ID [PATH]', what: 'fetch a file', run: (state, rest) => getFile(state, rest) }],
  ['who', { usage: '/who', what: 'who is who, and what waits', run: (state) => who(state) }],
  ['check', { usage: '/check', what: 'look whether the drop is well', run: (state) => check(state) }],
  [
    'verify',
    {
      usage: '/verify [yes|no]',
      what: 'the safety number to compare; yes: it matches',
      run: (state, rest) => verify(state, rest),
    },
  ],
  ['swap', { usage: '/swap', what: 'turn into the other side (for testing)', run: (state) => swap(state) }],
  [
    'debug',
    { usage: '/debug', what: 'show when messages are sent and delivered', run: (state) => setDebug(state, true) },
  ],
  ['nodebug', { usage: '/nodebug', what: 'show it no more', run: (state) => setDebug(state, false) }],
  ['quit', quit],
  ['exit', quit],
]);

/** Runs a line that begins with a slash. True ends the chat. */
export async function runChatCommand(state: ChatState, line: string): Promise<boolean> {
  const [, name = '', rest = ''] = /^\/(\S*)\s*(.*)$/s.exec(line) ?? [];
  const command = commands.get(name.toLowerCase());
  if (!command) {
    state.say(`There is no command /${visible(name)}. /help lists them; // begins a text with a slash.`);
    return false;
  }
  try {
    return (await command.run(state, rest.trim())) ?? false;
  } catch (error) {
    if (!(error instanceof BtrError) || error.kind === 'interrupted') throw error;
    state.say(error.hint === undefined ? error.message : `${error.message} ${error.hint}`);
    return false;
  }
}

/** Names for completion. */
export function chatCommandNames(): string[] {
  return [...commands.keys()].map((name) => `/${name}`);
}

function help({ say }: ChatState): undefined {
  for (const { usage, what } of new Set(commands.values())) say(`${usage.padEnd(16)} ${what}`);
  say(`${'//text'.padEnd(16)} send a text that begins with a slash`);
}

async function sendFile({ running, messenger, channel, say, deliver }: ChatState, path: string): Promise<undefined> {
  if (path === '') {
    say('/file PATH: which file?');
    return;
  }
  const progress = await startProgress(running.terminal, running.output, path, path);
  try {
    const onProgress = (done: number, total: number | undefined) => progress.update(done, total);
    const { id, name } = await messenger.sendFile(channel, { path, signal: running.terminal.signal, onProgress });
    say(`${visible(name)} is sent, id ${id.slice(0, 8)}`);
    deliver();
  } finally {
    progress.stop();
  }
}

function files({ messenger, channel, say }: ChatState): undefined {
  const rows = fileRows(messenger.files(channel));
  for (const row of rows) say(row);
  if (rows.length === 0) say('No files yet.');
}

async function getFile({ running, messenger, say }: ChatState, rest: string): Promise<undefined> {
  const [, id = '', out] = /^(\S*)\s*(.+)?$/s.exec(rest) ?? [];
  if (id === '') {
    say('/get ID: which file? /files lists them.');
    return;
  }
  const { targetAt } = await import('../messenger/index.ts');
  const progress = await startProgress(running.terminal, running.output, id, id);
  try {
    const onProgress = (done: number, total: number) => progress.update(done, total);
    const target = await targetAt(out ?? './');
    const onUnburned = (error: DropError) => say(withHint(error));
    const path = await messenger.getFile(id, { target, signal: running.terminal.signal, onProgress, onUnburned });
    say(`Saved as ${visible(path ?? '')}`);
  } finally {
    progress.stop();
  }
}

async function who({ messenger, channel, say }: ChatState): Promise<undefined> {
  const { role, suite } = messenger.channel(channel);
  const { pairingWords, suiteWords } = await import('../ui/pairing-words.ts');
  const pairing = messenger.pairing(channel);
  const { queued, sent } = messenger.pending(channel);
  say(`You are ${messenger.name}, role ${role}; the other side is ${channel}. Suite ${suiteWords(suite)}.`);
  if (pairing) say(pairingWords(channel, pairing));
  const { dropLines } = await import('../ui/drop-words.ts');
  const lines = dropLines(await messenger.drops(channel), messenger.dropPolicy(channel));
  for (const line of lines) say(lines.length === 1 ? `Over ${line}` : line);
  say(`${queued} queued, ${sent} sent and not acknowledged.`);
}

async function check({ running, messenger, channel, say }: ChatState): Promise<undefined> {
  for (const { ok, what, text } of await messenger.check(channel, running.terminal.signal)) {
    say(`${ok ? 'ok  ' : 'BAD '} ${what}: ${text}`);
  }
}

async function verify({ messenger, channel, say }: ChatState, rest: string): Promise<undefined> {
  const pairings = await messenger.pairings();
  if (rest === 'no') pairings.unmarkVerified(channel);
  if (rest === 'yes') await pairings.markVerified(channel, (await pairings.verification(channel)).digits);
  const verification = await pairings.verification(channel);
  const { numberLines } = await import('../ui/safety-number.ts');
  for (const line of numberLines(verification)) say(line);
  const isVerified = verification.verifiedAt !== undefined;
  say(isVerified ? 'You have compared it.' : 'Compare it by voice, not in here. It matches: /verify yes');
}

async function swap(state: ChatState): Promise<undefined> {
  await state.swap();
}

function setDebug(state: ChatState, debug: boolean): undefined {
  state.debug = debug;
  state.say(debug ? 'Showing what becomes of each message.' : 'Not showing that any more.');
}

/** Help that fits the terminal, and `btr help`. */
import { type Command, Help } from 'commander';
import { UsageError } from '../errors.ts';
import { defineCommand, examplesOf } from './command.ts';
import type { Terminal } from './terminal.ts';

/** Where no terminal says how wide it is. */
const usualWidth = 80;
/** A description that has less room beside its term stands below it, in columns. */
const leastBeside = 36;
const indent = 2;

/** What the program ends with. */
export const exitStatus: readonly (readonly [code: number, meaning: string])[] = [
  [0, 'done'],
  [1, 'a fault of btr'],
  [2, 'usage'],
  [3, 'not set up, locked, wrong passphrase or PIN'],
  [4, 'cloud, network, credentials or permission'],
  [5, 'a security failure'],
  [6, 'a timeout'],
  [130, 'interrupted'],
];

/** Lays out the help of a command and what stands below it. */
export function fitHelp(command: Command, terminal: Terminal): void {
  const width = () => (terminal.stdout.isTTY && terminal.stdout.columns) || usualWidth;
  command
    .configureOutput({ getOutHelpWidth: width, getErrHelpWidth: width })
    .configureHelp({ minWidthToWrap: 1, formatItem })
    .addHelpText('after', () => footer(command, width()));
}

/** Commander's own wraps no description that has less than 40 columns beside its term. */
function formatItem(term: string, termWidth: number, description: string, helper: Help): string {
  const width = helper.helpWidth ?? usualWidth;
  if (!description || width - termWidth - 2 * indent >= leastBeside) {
    return Help.prototype.formatItem.call(helper, term, termWidth, description, helper);
  }
  return `${' '.repeat(indent)}${term}\n${block(description, 3 * indent, width)}`;
}

function footer(command: Command, width: number): string {
  if (!command.parent) {
    const codes = exitStatus.map(([code, meaning]) => `${code} ${meaning}`).join('; ');
    return `\n${block(`Exit codes: ${codes}.`, 0, width)}`;
  }
  const examples = examplesOf(command);
  if (examples.length === 0) return '';
  // A command line is there to be copied: it stays in one piece.
  const lines = examples.map(([line, what]) => `  $ ${line}\n${block(what, 3 * indent, width)}`);
  return `\nExamples:\n${lines.join('\n')}`;
}

function block(text: string, margin: number, width: number): string {
  const helper = Object.assign(new Help(), { minWidthToWrap: 1 });
  return helper.boxWrap(text, width - margin).replace(/^/gm, ' '.repeat(margin));
}

/** In place of commander's own, which takes one word and says nothing about a wrong one. */
export function helpCommand(): Command {
  return defineCommand({
    name: 'help',
    summary: 'the same as --help: all commands, or one of them',
    examples: [
      ['btr help', 'all commands'],
      ['btr help channel add', 'one of them'],
    ],
  })
    .argument('[command...]')
    .action((words: readonly string[], _options: unknown, help: Command) => {
      named(help, words).outputHelp();
    });
}

/** @throws UsageError where there is no such command. */
function named(help: Command, words: readonly string[]): Command {
  let command = help.parent ?? help;
  for (const word of words) {
    const child = command.commands.find((one) => one.name() === word);
    if (!child) throw new UsageError(`Unknown command '${word}'.`, { code: 'usage', hint: 'btr help lists them.' });
    command = child;
  }
  return command;
}

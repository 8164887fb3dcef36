/**
 * What can be typed, out of the definitions that parse it: the commands with their options and operands, and what may
 * stand for each. A placeholder says it (`<file>`, `[channel]`); one with bars lists its words (`<on|off>`).
 */
import type { Argument, Command, Option } from 'commander';

export interface Candidates {
  readonly words: readonly string[];
  readonly paths?: 'files' | 'folders';
  /** What btr is asked for when somebody wants to know. */
  readonly asked?: 'channels' | 'files';
}

export interface OptionGrammar {
  /** `-y` and `--yes`. */
  readonly flags: readonly string[];
  readonly text: string;
  /** Of its value; empty where it takes none. */
  readonly placeholder: string;
  readonly value: Candidates | undefined;
}

export interface CommandGrammar {
  /** `['channel', 'add']`; empty for btr itself. */
  readonly path: readonly string[];
  readonly text: string;
  readonly commands: readonly CommandGrammar[];
  readonly options: readonly OptionGrammar[];
  /** What may stand at each place. */
  readonly operands: readonly Candidates[];
}

const placeholders = new Map<string, Candidates>([
  ['file', { words: [], paths: 'files' }],
  ['path', { words: [], paths: 'files' }],
  ['invite', { words: [], paths: 'files' }],
  ['dir', { words: [], paths: 'folders' }],
  ['channel', { words: [], asked: 'channels' }],
  ['file-id', { words: [], asked: 'files' }],
]);

/** The command and what is below it, hidden ones left out. */
export function grammarOf(command: Command, path: readonly string[] = []): CommandGrammar {
  const help = command.createHelp();
  return {
    path,
    text: command.description(),
    commands: help.visibleCommands(command).map((child) => grammarOf(child, [...path, child.name()])),
    options: help.visibleOptions(command).map(optionGrammar),
    operands: operandsOf(command),
  };
}

export function* everyGrammar(grammar: CommandGrammar): Iterable<CommandGrammar> {
  yield grammar;
  for (const child of grammar.commands) yield* everyGrammar(child);
}

function optionGrammar({ short, long, flags, description, required, argChoices }: Option): OptionGrammar {
  const placeholder = /<(.+)>/.exec(flags)?.[1] ?? '';
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    text: description,
    placeholder,
    value: required ? candidates(placeholder, argChoices) : undefined,
  };
}

/** Where the channel may be left out, what follows it may stand in its place. */
function operandsOf(command: Command): Candidates[] {
  const all = command.registeredArguments;
  const own = all.map((operand) => operandCandidates(command, operand));
  return own.map((here, place) => {
    const next = own[place + 1];
    return next && here.asked === 'channels' && !all[place]?.required ? { ...next, ...here, words: next.words } : here;
  });
}

function operandCandidates(command: Command, operand: Argument): Candidates {
  const name = operand.name();
  if (name !== 'command' || !command.parent) return candidates(name, operand.argChoices);
  return {
    words: command
      .createHelp()
      .visibleCommands(command.parent)
      .map((sibling) => sibling.name()),
  };
}

function candidates(placeholder: string, choices: readonly string[] | undefined): Candidates {
  if (choices) return { words: choices };
  if (placeholder.includes('|')) return { words: placeholder.split('|') };
  return placeholders.get(placeholder) ?? { words: [] };
}

/** The man page btr(1), out of the definitions that parse and that print help; roff by the macros of man(7). */
import type { Command, Help, Option } from 'commander';
import { examplesOf } from './command.ts';
import { exitStatus } from './help.ts';

type Entry = readonly [term: string, text: string];

/** What btr reads beside the options that name a variable themselves. */
const environment: readonly Entry[] = [
  ['BTR_HOME', 'The home, where --home does not name it.'],
  ['BTR_PASSPHRASE', 'The passphrase of the home, in place of a prompt.'],
  ['BTR_PIN', 'The PIN of a channel or an invite, in place of a prompt.'],
  ['BTR_DEBUG', 'If set, an error shows where in the program it happened.'],
  ['NO_COLOR', 'If set, no colours; as --no-color.'],
  ['TERM', 'Where it is dumb, no colours and no bars, and btr chat is in plain lines.'],
  ['ALL_PROXY', 'The proxy that every drop is reached through; as --proxy, and may hold a user and a password.'],
  ['XDG_DATA_HOME', 'Where the home is by default.'],
  ['XDG_RUNTIME_DIR', 'Where processes of one home meet.'],
  ['NOTIFY_SOCKET', 'Set by systemd: where btr daemon tells it that it is ready.'],
  [
    'AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL',
    'As for every program of AWS.',
  ],
  ['AZURE_STORAGE_CONNECTION_STRING', 'The storage account in which drops and keys are made.'],
  ['SSH_AUTH_SOCK', 'The SSH agent that logs in to sftp drops.'],
  [
    'BTR_KIND, BTR_CHANNEL, BTR_ID, BTR_SEQ, BTR_FROM, BTR_SENT_AT, BTR_FILE_NAME, BTR_FILE_SIZE, BTR_FILE_PATH',
    'Set for the command of btr listen --exec: what message it got on stdin.',
  ],
];

const files: readonly Entry[] = [
  [
    '~/.local/share/btr',
    'The home by default on Linux: key, channels and history of one person, readable by them alone.',
  ],
  ['~/Library/Application Support/btr', 'The same on macOS.'],
];

/** @param version of btr. */
export function manPage(program: Command, version: string): string {
  const help = program.createHelp();
  const leaves = [...leavesOf(program, help)];
  const common = commonOptions(leaves, help);
  return [
    '.\\" Made by build.ts; what it says is defined in client/cli.',
    `.TH BTR 1 "" "btr ${version}" "User Commands"`,
    '.nh',
    '.ad l',
    section('NAME', 'btr \\- below the radar: a messenger with no server of its own'),
    section('SYNOPSIS', '.B btr\n.I command\n[\\fIoption\\fR ...] [\\fIargument\\fR ...]'),
    section('DESCRIPTION', text(program.description()), ...description.map((part) => `.PP\n${text(part)}`)),
    section('OPTIONS', text('Of every command:'), ...common.map((option) => optionEntry(option, help))),
    `.PP\n${text('Of btr alone:')}`,
    ...ownOptions(program, help, common),
    section('COMMANDS', ...leaves.map((command) => commandPart(command, help, common))),
    section('ENVIRONMENT', ...environment.map(entry)),
    section('EXIT STATUS', ...exitStatus.map(([code, meaning]) => entry([String(code), `${meaning}.`]))),
    section('FILES', ...files.map(entry)),
    section('SEE ALSO', '.BR aws (1),\n.BR sftp (1),\n.BR ssh\\-agent (1)', '.PP', text(documents)),
    '',
  ].join('\n');
}

const description = [
  'Two people own a private channel in a cloud account, a folder that both can reach, or a machine with sshd. Messages and files are encrypted on one side and opened on the other; what lies between sees padded random bytes.',
  'A first channel: btr init, btr invite BUDDY on one side, btr join on the other, btr verify on both; then btr send, btr listen and btr chat.',
];

const documents =
  'protocol.md, threat-model.md and operations.md in the folder docs of the package. btr help COMMAND shows one command.';

/** Flags that stand in every command: said once. */
function commonOptions(leaves: readonly Command[], help: Help): readonly Option[] {
  const [first, ...rest] = leaves.map((leaf) => help.visibleOptions(leaf));
  return (first ?? []).filter(({ flags }) => rest.every((options) => options.some((one) => one.flags === flags)));
}

function* leavesOf(command: Command, help: Help): Iterable<Command> {
  const children = help.visibleCommands(command);
  if (children.length === 0) yield command;
  for (const child of children) yield* leavesOf(child, help);
}

function commandPart(command: Command, help: Help, common: readonly Option[]): string {
  const summary = help.commandDescription(command);
  return [
    `.SS "${escaped(help.commandUsage(command))}"`,
    text(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`),
    ...help.visibleArguments(command).map((argument) => entry([argument.name(), help.argumentDescription(argument)])),
    ...ownOptions(command, help, common),
    `.PP\n${examplesOf(command).length > 1 ? 'Examples:' : 'Example:'}`,
    ...examplesOf(command).map(entry),
  ].join('\n');
}

function ownOptions(command: Command, help: Help, common: readonly Option[]): string[] {
  const own = help.visibleOptions(command).filter(({ flags }) => common.every((one) => one.flags !== flags));
  return own.map((option) => optionEntry(option, help));
}

function optionEntry(option: Option, help: Help): string {
  return entry([help.optionTerm(option), help.optionDescription(option)]);
}

function entry([term, about]: Entry): string {
  return `.TP\n\\fB${escaped(term)}\\fR\n${text(about)}`;
}

function section(name: string, ...parts: readonly string[]): string {
  return [`.SH ${name.includes(' ') ? `"${name}"` : name}`, ...parts].join('\n');
}

/** A line that is no request: one that begins with a dot or an apostrophe would be. */
function text(line: string): string {
  return escaped(line).replace(/^(?=[.'])/, '\\&');
}

/** Backslashes, hyphens that are to be copied as such, and quotes, which end the argument of a macro. */
function escaped(line: string): string {
  return line.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('"', '\\(dq').replaceAll("'", '\\(aq');
}

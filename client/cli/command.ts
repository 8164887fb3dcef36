/**
 * What every command shares: its common options, its home, and its end. A command is one file that says its arguments
 * in the definition that both parses them and prints their help; what it does is loaded when it runs.
 */
import { Command, Option } from 'commander';
import { SetupError, UsageError } from '../errors.ts';
import type { Messenger } from '../messenger/index.ts';
import { Output } from './output.ts';
import { givenSecret, readSecret } from './secrets.ts';
import type { Terminal } from './terminal.ts';

export interface CommonOptions {
  readonly home?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly color: boolean;
  readonly passphraseFile?: string;
  readonly proxy?: string;
}

/** What a running command has at hand. */
export interface Running {
  readonly terminal: Terminal;
  readonly output: Output;
  readonly options: CommonOptions;
  /** Opens the home, asking for its passphrase if it has one. The caller closes it. */
  open(): Promise<Messenger>;
}

interface CommandText {
  readonly name: string;
  readonly summary: string;
  /** Command lines with what they do. */
  readonly examples: readonly (readonly [line: string, what: string])[];
}

/** Commander has no place for them. */
const examplesByCommand = new WeakMap<Command, CommandText['examples']>();

/** A command with the common options and its examples. */
export function defineCommand({ name, summary, examples }: CommandText): Command {
  const command = new Command(name)
    .description(summary)
    .allowExcessArguments(false)
    .hook('preAction', (_, running) => takeProxy(running.opts<CommonOptions>()));
  examplesByCommand.set(command, examples);
  return addCommonOptions(command);
}

/** For its help and the man page. */
export function examplesOf(command: Command): CommandText['examples'] {
  return examplesByCommand.get(command) ?? [];
}

function addCommonOptions(command: Command): Command {
  return command
    .addOption(new Option('--home <dir>', "this person's folder; else BTR_HOME, else the platform's data directory"))
    .addOption(
      new Option('--passphrase-file <file>', 'read the passphrase of the home from a file (else BTR_PASSPHRASE)'),
    )
    .addOption(
      new Option(
        '--proxy <url>',
        'reach every drop through it alone: socks5://HOST:PORT or http://HOST:PORT; else ALL_PROXY',
      ),
    )
    .addOption(new Option('--json', 'NDJSON on stdout, one event a line'))
    .addOption(new Option('-q, --quiet', 'no remarks on stderr'))
    .addOption(new Option('--no-color', 'no colours'));
}

/** Before anything connects. @throws UsageError. */
async function takeProxy({ proxy }: CommonOptions): Promise<void> {
  if (proxy === undefined) return;
  if (proxy.includes('@')) {
    throw new UsageError('--proxy takes no user and no password: others on this machine could see them.', {
      code: 'bad-proxy',
      hint: 'Put the whole URL into the variable ALL_PROXY instead.',
    });
  }
  const { proxyVariables, useProxy } = await import('../messenger/index.ts');
  useProxy(proxy);
  // Programs that btr starts (the CDK, one that gets credentials, a command of --exec) are not to go past it either.
  Object.assign(process.env, proxyVariables());
}

export function run(terminal: Terminal, options: CommonOptions): Running {
  const output = makeOutput(terminal, options);
  return { terminal, output, options, open: () => openMessenger(terminal, options) };
}

export function makeOutput(terminal: Terminal, { json, quiet, color }: CommonOptions): Output {
  return new Output(terminal, { json: json ?? false, quiet: quiet ?? false, color });
}

/** By the passphrase that was given, else by what needs none, the agent of btr unlock included, else by asking. */
async function openMessenger(terminal: Terminal, options: CommonOptions): Promise<Messenger> {
  const { Messenger, homeDirectory, needsPassphrase } = await import('../messenger/index.ts');
  const home = homeDirectory(options.home, terminal.env);
  const source = passphraseSource(options);
  const passphrase = (await needsPassphrase(home)) ? await givenSecret(terminal, source) : undefined;
  try {
    return await Messenger.open({ home, passphrase });
  } catch (error) {
    if (!(error instanceof SetupError) || error.code !== 'home-locked') throw error;
  }
  return Messenger.open({ home, passphrase: await readSecret(terminal, source) });
}

export function passphraseSource({ passphraseFile }: CommonOptions) {
  return { what: 'passphrase', file: passphraseFile, variable: 'BTR_PASSPHRASE', option: '--passphrase-file' };
}

export function pinSource(file: string | undefined) {
  return { what: 'PIN', file, variable: 'BTR_PIN', option: '--pin-file' };
}

/** The channel that was named, or the only one. @throws UsageError where there are several, or none. */
export function chooseChannel(messenger: Messenger, name: string | undefined): string {
  return name === undefined ? onlyName(namesOf(messenger)) : messenger.channel(name).name;
}

function namesOf(messenger: Messenger): string[] {
  return messenger.channels().map(({ name }) => name);
}

/** @throws UsageError where there are several, or none. */
export function onlyName(names: readonly string[]): string {
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  throw new UsageError(names.length === 0 ? 'There is no channel yet.' : 'Which channel?', {
    code: 'which-channel',
    hint: names.length === 0 ? 'Make one with: btr channel add' : `Name one of: ${names.join(', ')}`,
  });
}

interface Addressed {
  readonly channel: string;
  /** The words that do not name it. */
  readonly rest: readonly string[];
}

/** The channel that the first word names, else the only one. @throws UsageError where there are several, or none. */
export function leadingChannel(messenger: Messenger, words: readonly string[]): Addressed {
  return leadingName(namesOf(messenger), words);
}

/** The same among these names of channels. */
export function leadingName(names: readonly string[], words: readonly string[]): Addressed {
  const [first, ...rest] = words;
  if (first !== undefined && names.includes(first)) return { channel: first, rest };
  return { channel: onlyName(names), rest: words };
}

/**
 * The same, where at most so many words may follow the channel's name: with one more than that, the first one has to
 * be it.
 * @throws SetupError with code `no-such-channel`; UsageError.
 */
export function addressed(messenger: Messenger, words: readonly string[], most: number): Addressed {
  const [first, ...rest] = words;
  if (first !== undefined && words.length > most) return { channel: messenger.channel(first).name, rest };
  return leadingChannel(messenger, words);
}

/** Opens the home for `work` and closes it whatever happens. */
export async function withMessenger<T>(running: Running, work: (messenger: Messenger) => Promise<T>): Promise<T> {
  const messenger = await running.open();
  try {
    return await work(messenger);
  } finally {
    await messenger.close();
  }
}

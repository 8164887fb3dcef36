import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { type CommonOptions, defineCommand, passphraseSource, run } from './command.ts';
import { readNewSecret } from './secrets.ts';
import type { Terminal } from './terminal.ts';

interface InitOptions extends CommonOptions {
  readonly name?: string;
  /** False for --no-passphrase. */
  readonly passphrase: boolean;
  readonly keyring?: boolean;
}

export function initCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'init',
    summary: 'make a home: your keys, channels and history on this machine',
    examples: [
      ['btr init --name Alice', 'asks for a passphrase that locks the home'],
      ['btr init --keyring', "keeps the key in the system's keyring, which your login unlocks"],
      ['btr init --home ./bot --no-passphrase', 'a second home, for scripts'],
    ],
  })
    .option('--name <name>', 'what you are called; by default your account name')
    .option('--no-passphrase', 'keep the key in a file that only your account can read, for scripts')
    .option('--keyring', "keep the key in the operating system's keyring, with no passphrase of its own")
    .action((options: InitOptions) => init(terminal, options));
}

async function init(terminal: Terminal, options: InitOptions): Promise<void> {
  assertOneProtection(options);
  const { Messenger, homeDirectory } = await import('../messenger/index.ts');
  const { output } = run(terminal, options);
  const home = homeDirectory(options.home, terminal.env);
  await Messenger.assertFree(home);
  const keyring = options.keyring ?? false;
  const locks = options.passphrase && !keyring;
  const passphrase = locks ? await readNewSecret(terminal, passphraseSource(options)) : undefined;
  const messenger = await Messenger.create({ home, name: options.name ?? userInfo().username, passphrase, keyring });
  await messenger.close();
  output.event({ event: 'home', path: home, locked: locks, ...(keyring && { keyring }) });
  if (!output.json) output.line(`Made a home in ${home}.`);
  if (keyring) output.note('Its key is in the keyring: without that keyring, nothing opens this home.');
  else if (!locks) output.note('Its key lies there in a file: whoever can read your files can read it all.');
  output.note('Next: btr invite BUDDY --as a|b --drop URI, or btr join with the invite that a buddy made.');
}

/** @throws UsageError where a home should be protected in two ways, also by btr passphrase. */
export function assertOneProtection({ passphrase, keyring }: Pick<InitOptions, 'passphrase' | 'keyring'>): void {
  if (passphrase || !keyring) return;
  throw new UsageError('Either --no-passphrase or --keyring.', {
    code: 'two-protections',
    hint: 'A key in the keyring has no passphrase of its own: --keyring alone.',
  });
}

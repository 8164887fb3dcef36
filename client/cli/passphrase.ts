import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import type { Protection } from '../messenger/at-rest.ts';
import { type CommonOptions, defineCommand, passphraseSource, run } from './command.ts';
import { assertOneProtection } from './init.ts';
import { readNewSecret, readSecret } from './secrets.ts';
import type { Terminal } from './terminal.ts';

interface PassphraseOptions extends CommonOptions {
  readonly newPassphraseFile?: string;
  /** False for --no-passphrase. */
  readonly passphrase: boolean;
  readonly keyring?: boolean;
}

export function passphraseCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'passphrase',
    summary: 'change what locks the home: another passphrase, the keyring, or nothing',
    examples: [
      ['btr passphrase', 'asks for the old one and twice for the new one; keys and history stay as they are'],
      ['btr passphrase --passphrase-file old.txt --new-passphrase-file new.txt', 'for scripts'],
      ['btr passphrase --keyring', "moves the key into the system's keyring"],
    ],
  })
    .option('--new-passphrase-file <file>', 'read the new passphrase from a file')
    .option('--no-passphrase', 'keep the key in a file that only your account can read, for scripts')
    .option('--keyring', "keep the key in the operating system's keyring, with no passphrase of its own")
    .action((options: PassphraseOptions) => changePassphrase(terminal, options));
}

async function changePassphrase(terminal: Terminal, options: PassphraseOptions): Promise<void> {
  assertOneTarget(options);
  const { homeDirectory, needsPassphrase } = await import('../messenger/index.ts');
  const { protectHome } = await import('../messenger/at-rest.ts');
  const { output } = run(terminal, options);
  const home = homeDirectory(options.home, terminal.env);
  // An agent's word does not count here: who finds the home unlocked must not lock out its owner.
  const old = (await needsPassphrase(home)) ? await readSecret(terminal, passphraseSource(options)) : undefined;
  const next = await readProtection(terminal, options);
  await protectHome(home, old, next);
  const locked = next.passphrase !== undefined;
  output.event({ event: 'home', path: home, locked, ...(next.keyring && { keyring: true }) });
  output.note(`${outcome(next)} Copies of the home that were made before still open as they did.`);
}

async function readProtection(terminal: Terminal, options: PassphraseOptions): Promise<Protection> {
  if (options.keyring) return { keyring: true };
  if (!options.passphrase) return {};
  const source = { what: 'new passphrase', file: options.newPassphraseFile, option: '--new-passphrase-file' };
  return { passphrase: await readNewSecret(terminal, source) };
}

function assertOneTarget(options: PassphraseOptions): void {
  assertOneProtection(options);
  if (options.newPassphraseFile === undefined || (options.passphrase && !options.keyring)) return;
  throw new UsageError('Either a new passphrase, or none.', {
    code: 'two-protections',
    hint: 'Leave out --new-passphrase-file, or --no-passphrase and --keyring.',
  });
}

function outcome({ passphrase, keyring }: Protection): string {
  if (keyring) return 'The key is in the keyring now, and opens without a passphrase.';
  if (passphrase === undefined) return 'The key lies in a file now: whoever can read your files can read it all.';
  return 'The new passphrase counts now.';
}

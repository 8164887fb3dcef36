import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { type CommonOptions, defineCommand, passphraseSource, run } from './command.ts';
import { readNewSecret } from './secrets.ts';
import type { Terminal } from './terminal.ts';

interface InitOptions extends CommonOptions {
  readonly name?: string;
  /** False for --no-passphrase. */
  readonly passphrase: boolean;
}

export function initCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'init',
    summary: 'make a home: your keys, channels and history on this machine',
    examples: [
      ['btr init --name Alice', 'asks for a passphrase that locks the home'],
      ['btr init --home ./bot --no-passphrase', 'a second home, for scripts'],
    ],
  })
    .option('--name <name>', 'what you are called; by default your account name')
    .option('--no-passphrase', 'keep the key in a file that only your account can read, for scripts')
    .action((options: InitOptions) => init(terminal, options));
}

async function init(terminal: Terminal, options: InitOptions): Promise<void> {
  const { Messenger, homeDirectory } = await import('../messenger/index.ts');
  const { output } = run(terminal, options);
  const home = homeDirectory(options.home, terminal.env);
  await Messenger.assertFree(home);
  const passphrase = options.passphrase ? await readNewSecret(terminal, passphraseSource(options)) : undefined;
  const messenger = await Messenger.create({ home, name: options.name ?? userInfo().username, passphrase });
  await messenger.close();
  output.event({ event: 'home', path: home, locked: passphrase !== undefined });
  if (!output.json) output.line(`Made a home in ${home}.`);
  if (passphrase === undefined)
    output.note('Its key lies there in a file: whoever can read your files can read it all.');
  output.note('Next: btr channel add BUDDY --as a|b --drop URI');
}

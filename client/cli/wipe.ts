import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { type CommonOptions, chooseChannel, defineCommand, type Running, run, withMessenger } from './command.ts';
import { confirm, confirmByWord } from './confirm.ts';
import type { Terminal } from './terminal.ts';

interface WipeOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly all?: boolean;
}

export function wipeCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'wipe',
    summary: 'delete the history of a channel from this home, or the whole home',
    examples: [
      ['btr wipe bob --yes', 'without asking; keys stay, and what waits still goes out'],
      ['btr wipe --all', 'the home with all its keys, also where the passphrase is lost'],
    ],
  })
    .argument('[channel]')
    .option('--all', 'destroy the home: its key, its channels, its history')
    .option('-y, --yes', 'do not ask')
    .action((given: string | undefined, options: WipeOptions) => {
      const running = run(terminal, options);
      if (options.all && given === undefined) return wipeAll(running, options);
      if (given !== undefined && !options.all) return wipeChannel(running, given, options);
      throw new UsageError('Wipe the history of one channel, or everything?', {
        code: 'which-wipe',
        hint: 'btr wipe CHANNEL, or btr wipe --all',
      });
    });
}

function wipeChannel(running: Running, given: string, { yes }: WipeOptions): Promise<void> {
  return withMessenger(running, async (messenger) => {
    const channel = chooseChannel(messenger, given);
    await confirm(running, yes, `Delete the history, file list and quarantine of ${channel}?`);
    messenger.wipeHistory(channel);
    running.output.event({ event: 'wiped', channel });
    running.output.note(`The history of ${channel} is gone from this home. The other side still has its own.`);
  });
}

async function wipeAll(running: Running, { yes }: WipeOptions): Promise<void> {
  const { terminal, output, options } = running;
  const { homeDirectory } = await import('../messenger/index.ts');
  const { wipeHome } = await import('../messenger/at-rest.ts');
  const home = homeDirectory(options.home, terminal.env);
  await confirmByWord(running, yes, `Destroy the home in ${home}, with all keys and history?`, 'wipe');
  const { names } = await wipeHome(home);
  output.event({ event: 'wiped', path: home });
  output.note(`The home in ${home} is destroyed: first its key, then the rest.`);
  if (names.length > 0) output.note(`Left in the folder, since it is not of btr: ${names.join(', ')}`);
  output.note('No program can promise this for an SSD, which may keep old blocks, or for backups and copies you made.');
  output.note('A btr that still runs keeps the key in memory until you end it. The other side still has its history.');
}

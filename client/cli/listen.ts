import type { Command } from 'commander';
import { parseCount, parseSeconds } from '../ui/format.ts';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { Terminal } from './terminal.ts';

export interface ListenOptions extends CommonOptions {
  readonly once?: boolean;
  readonly count?: number;
  readonly timeout?: number;
  readonly files?: string;
  readonly exec?: string;
  readonly notify?: boolean;
}

export function listenCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'listen',
    summary: 'show what comes, in order, once each',
    examples: [
      ['btr listen bob', 'until Ctrl-C'],
      ['btr listen --once --json', 'what is there now, acknowledged, as NDJSON'],
      ['btr listen bob --count 1 --timeout 60', 'one message, or exit code 6 after a minute'],
      ['btr listen bob --files ./inbox', 'fetch files as they come'],
      ['btr listen bob --exec ./handle.sh', 'run a command for each message, its text on stdin'],
      ['btr listen bob --notify', 'and say on the desktop that something came'],
    ],
  })
    .argument('[channel]')
    .option('--once', 'take what is there, acknowledge it, and end; exit code 0 even if there is nothing')
    .option('--count <n>', 'end after so many messages (and files)', parseCount)
    .option('--timeout <seconds>', 'end after so long; exit code 6 if --count was not reached', parseSeconds)
    .option('--files <dir>', 'fetch every file that comes into this folder, which is made')
    .option(
      '--exec <cmd>',
      'run a command for each message, one after the other, and with --files for each file. Its text is on stdin, the ' +
        'rest in BTR_KIND, BTR_ID and other variables. Exit code 0: done. 75: try again after 1, 2, 4 up to 60 seconds, ' +
        'as long as it takes, but not with --once. Any other: btr ends with 1. A message that was not done comes again, ' +
        'so one may come twice: BTR_ID is the same then',
    )
    .option('--notify', 'a desktop notification that something came, without saying what or from whom')
    .action(async (channel: string | undefined, options: ListenOptions) => {
      const { listen } = await import('./listen-run.ts');
      await listen(run(terminal, options), channel, options);
    });
}

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
      ['btr listen bob --exec \'notify-send "$BTR_FROM"\'', 'run a command for each message, its text on stdin'],
    ],
  })
    .argument('[channel]')
    .option('--once', 'take what is there, acknowledge it, and end; exit code 0 even if there is nothing')
    .option('--count <n>', 'end after so many messages (and files)', parseCount)
    .option('--timeout <seconds>', 'end after so long; exit code 6 if --count was not reached', parseSeconds)
    .option('--files <dir>', 'fetch every file that comes into this folder, which is made')
    .option('--exec <cmd>', 'run a command for each message; one that fails gets the message again next time')
    .action(async (channel: string | undefined, options: ListenOptions) => {
      const { listen } = await import('./listen-run.ts');
      await listen(run(terminal, options), channel, options);
    });
}

import type { Command } from 'commander';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { Terminal } from './terminal.ts';

export interface DaemonOptions extends CommonOptions {
  readonly files?: string;
  readonly notify?: boolean;
}

export function daemonCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'daemon',
    summary: 'keep listening in all channels, send what waits, and serve the other commands of this home',
    examples: [
      ['btr daemon', 'until Ctrl-C; what comes stays unread until you look'],
      ['btr daemon --files ~/inbox --notify', 'fetch files as they come, and say on the desktop that something came'],
      ['btr daemon --json 2> /dev/null', 'its log as NDJSON; SIGHUP drops all connections and begins anew'],
    ],
  })
    .option('--files <dir>', 'fetch every file that waits or comes into this folder, which is made')
    .option('--notify', 'a desktop notification that something came, without saying what or from whom')
    .action(async (options: DaemonOptions) => {
      const { daemon } = await import('./daemon-run.ts');
      await daemon(run(terminal, options), options);
    });
}

import type { Command } from 'commander';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { Terminal } from './terminal.ts';

export interface DestroyOptions extends CommonOptions {
  readonly files?: string;
  readonly yes?: boolean;
  readonly evenUndelivered?: boolean;
}

export function destroyCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'destroy',
    summary: "delete a channel's stack from your AWS account; first takes what still waits there",
    examples: [
      ['btr destroy bob', 'names account, region and stack, and asks; run again, it goes on'],
      ['btr destroy bob --files saved/', 'also fetches the files that wait for you'],
      ['btr destroy bob --yes --even-undelivered', 'without asking; what the buddy has not collected is lost'],
    ],
  })
    .argument('<channel>')
    .option('--files <dir>', 'fetch files that wait for you into this folder')
    .option('-y, --yes', 'do not ask; files that wait for you and are not fetched are lost')
    .option('--even-undelivered', 'also where the buddy has not collected everything')
    .action(async (channel: string, options: DestroyOptions) => {
      const { destroy } = await import('./destroy-run.ts');
      await destroy(run(terminal, options), channel, options);
    });
}

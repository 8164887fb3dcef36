import type { Command } from 'commander';
import { parsePort } from '../ui/format.ts';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { Terminal } from './terminal.ts';

export interface WebOptions extends CommonOptions {
  readonly port: number;
  readonly open: boolean;
}

/** @param version what the page says of the program. */
export function webCommand(terminal: Terminal, version: string): Command {
  return defineCommand({
    name: 'web',
    summary: 'talk in a page that your browser shows, on this machine alone',
    examples: [
      ['btr web', 'opens the browser; Enter gives a link for another one, Ctrl-C ends'],
      ['btr web --no-open --port 8000', 'only prints the link'],
    ],
  })
    .option('--port <n>', '0 for any free one', parsePort, 0)
    .option('--no-open', 'print the link and open nothing')
    .action(async (options: WebOptions) => {
      const { web } = await import('./web-run.ts');
      await web(run(terminal, options), options, version);
    });
}

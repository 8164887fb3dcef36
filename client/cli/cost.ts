import type { Command } from 'commander';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { Terminal } from './terminal.ts';

export interface CostOptions extends CommonOptions {
  readonly month?: string;
  readonly prices?: string;
}

export function costCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'cost',
    summary: 'what this home asked of AWS, and what that costs by the list',
    examples: [
      ['btr cost', 'this month and the last, of the only channel'],
      ['btr cost bob --month 2026-11', 'one month of one channel'],
      ['btr cost bob --prices prices.json', 'by a table of your own, of the shape that --json prints as prices'],
    ],
  })
    .argument('[channel]')
    .option('--month <month>', 'a month such as 2026-11, in UTC')
    .option('--prices <file>', 'read the table of prices from a JSON file')
    .action(async (channel: string | undefined, options: CostOptions) => {
      const { cost } = await import('./cost-run.ts');
      await cost(run(terminal, options), channel, options);
    });
}

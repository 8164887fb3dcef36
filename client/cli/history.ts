import type { Command } from 'commander';
import { parseCount } from '../ui/format.ts';
import { type CommonOptions, chooseChannel, defineCommand, run, withMessenger } from './command.ts';
import type { Terminal } from './terminal.ts';

interface HistoryOptions extends CommonOptions {
  readonly last?: number;
}

export function historyCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'history',
    summary: 'what was said, oldest first',
    examples: [
      ['btr history bob --last 20', 'the newest twenty'],
      ['btr history bob --json', 'all of it as NDJSON, with ids, numbers and what became of each'],
    ],
  })
    .argument('[channel]')
    .option('--last <n>', 'only so many of the newest', parseCount)
    .action((given: string | undefined, options: HistoryOptions) => {
      const running = run(terminal, options);
      return withMessenger(running, async (messenger) => {
        const events = messenger.history(chooseChannel(messenger, given), options.last);
        for (const event of events) {
          running.output.channelEvent(event, true);
          await running.output.flushed(terminal.signal);
        }
      });
    });
}

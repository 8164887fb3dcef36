import type { Command } from 'commander';
import { parseDuration, parseSeconds } from '../ui/format.ts';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { Terminal } from './terminal.ts';

export interface SendOptions extends CommonOptions {
  readonly to?: string;
  readonly file?: string[];
  readonly ttl?: number;
  readonly burn?: boolean;
  readonly wait?: number;
  readonly whole?: boolean;
}

export function sendCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'send',
    summary: 'send text, lines of stdin, or files; returns once the drop has them',
    examples: [
      ['btr send bob See you at eight', 'the channel may be left out where there is just one'],
      ['tail -f app.log | btr send bob', 'each line is a message'],
      ['btr send bob --whole < letter.txt', 'all of stdin as one message'],
      ['btr send bob --file holiday.jpg --file notes/ --ttl 1h', 'files and folders; gone from the drop after an hour'],
      ['pg_dump db | btr send bob --file - --burn', 'a stream as a file, removed from the drop once it was fetched'],
      ['btr send -- --odd text', 'everything behind -- is text'],
    ],
  })
    .argument('[channel]', 'if one has that name; else the text begins here')
    .argument('[text...]', 'the message; - reads stdin')
    .option('--to <channel>', 'name the channel; all words are text then')
    .option('--file <path>', 'send a file or a folder, or - for stdin; may be repeated', collect)
    .option('--ttl <time>', 'how long files stay in the drop: 90s, 10m, 1h, 7d', parseDuration)
    .option('--burn', 'ask the other client to remove files from the drop once they are fetched')
    .option('--wait <seconds>', 'wait until the buddy has it; exit code 6 if that takes longer', parseSeconds)
    .option('--whole', 'all of stdin is one message')
    .action(async (first: string | undefined, rest: string[], options: SendOptions, command: Command) => {
      const { send } = await import('./send-run.ts');
      const words = first === undefined ? [] : [first, ...rest];
      await send(run(terminal, options), { ...options, words, explicit: wordsBehindDashes(command) });
    });
}

function collect(value: string, previous: string[] = []): string[] {
  return [...previous, value];
}

/** How many of the words stood behind `--`, where nothing names a channel. */
function wordsBehindDashes(command: Command): number {
  const raw = command.parent?.args ?? [];
  const dashes = raw.indexOf('--');
  return dashes === -1 ? 0 : raw.length - dashes - 1;
}

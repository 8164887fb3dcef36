import { type Command, Option } from 'commander';
import { type ExportFormat, exportFormats } from '../ui/export/formats.ts';
import { parseSince, parseUntil } from '../ui/export/when.ts';
import { type CommonOptions, defineCommand, run } from './command.ts';
import type { Terminal } from './terminal.ts';

export interface ExportCommandOptions extends CommonOptions {
  readonly format?: ExportFormat;
  readonly since?: number;
  readonly until?: number;
  readonly out?: string;
}

export function exportCommand(terminal: Terminal): Command {
  return defineCommand({
    name: 'export',
    summary: 'write down what was said: as text, as NDJSON, or as a page that stands alone',
    examples: [
      ['btr export bob --format html --out bob.html', 'one page to read or print, without scripts and links'],
      ['btr export bob --since 7d > week.txt', 'the last seven days as text'],
      ['btr export bob --format json --since 2026-01-01 --until 2026-01-31 --out january.ndjson', 'one month'],
    ],
  })
    .argument('[channel]')
    .addOption(new Option('--format <format>', 'how; text unless --json is given').choices(exportFormats))
    .option(
      '--since <when>',
      'only what was sent from then on: a day, an RFC 3339 time, or so long ago (7d)',
      (text: string) => parseSince(text),
    )
    .option('--until <when>', 'only what was sent before; a day counts to its end', (text: string) => parseUntil(text))
    .option('--out <path>', 'a file that is not there yet, or a folder; else stdout')
    .action(async (channel: string | undefined, options: ExportCommandOptions) => {
      const { exportChannel } = await import('./export-run.ts');
      await exportChannel(run(terminal, options), channel, options);
    });
}

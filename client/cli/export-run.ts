/** `btr export`: to a file, of which a sentence or an event tells, or to stdout, which then holds nothing else. */
import { DropError, UsageError } from '../errors.ts';
import type { Messenger } from '../messenger/index.ts';
import { batches } from '../ui/export/batches.ts';
import { type ExportOptions, exportLines, exportToFile } from '../ui/export.ts';
import { visible } from '../ui/visible.ts';
import { chooseChannel, type Running, withMessenger } from './command.ts';
import type { ExportCommandOptions } from './export.ts';
import { OutputClosed } from './terminal.ts';

/** @throws BtrError also where stdout takes no more before the end. */
export function exportChannel(
  running: Running,
  given: string | undefined,
  { format = running.output.json ? 'json' : 'text', since, until, out }: ExportCommandOptions,
): Promise<void> {
  if (out === undefined && running.output.json && format !== 'json') throw noEvents(format);
  if (since !== undefined && until !== undefined && since >= until) throw emptyRange();
  return withMessenger(running, async (messenger) => {
    const channel = chooseChannel(messenger, given);
    const options = { format, since, until };
    if (out === undefined) await toStdout(running, exportLines(messenger, channel, options));
    else await toFile(running, messenger, channel, { ...options, path: out });
  });
}

async function toStdout({ terminal, output }: Running, lines: Iterable<string>): Promise<void> {
  try {
    for (const batch of batches(lines)) {
      output.raw(batch);
      await output.flushed(terminal.signal);
    }
  } catch (error) {
    const { reason } = terminal.signal;
    throw reason instanceof OutputClosed ? endedEarly(reason) : error;
  }
}

async function toFile(
  { terminal, output }: Running,
  messenger: Messenger,
  channel: string,
  options: ExportOptions & { readonly path: string },
): Promise<void> {
  const { messages, path } = await exportToFile(messenger, channel, { ...options, signal: terminal.signal });
  output.event({ event: 'exported', channel, format: options.format, messages, path });
  if (output.json) return;
  output.line(`${messages === 1 ? '1 message is' : `${messages} messages are`} in ${visible(path)}`);
}

/** Half an export is a failure, unlike half a listing: `main.ts` tells of what an `OutputClosed` caused. */
function endedEarly(cause: OutputClosed): DropError {
  return new DropError('The export is not whole: its reader left before the end.', {
    code: 'output-closed',
    hint: 'Look at the command behind the pipe, or write to a file with --out FILE.',
    retryable: false,
    cause,
  });
}

function noEvents(format: string): UsageError {
  return new UsageError(`With --json, stdout is for events, and ${format} is none.`, {
    code: 'no-events',
    hint: 'Name a file with --out FILE, or leave --json out.',
  });
}

function emptyRange(): UsageError {
  return new UsageError('--since is not before --until.', {
    code: 'empty-range',
    hint: 'Nothing was sent in such a time. Change one of them.',
  });
}

/** A channel's history on paper: as text to read, as NDJSON for programs, as a page that stands alone. */
import type { HistoryEvent, Messenger } from '../messenger/index.ts';
import { eventJson } from './event-json.ts';
import type { ExportFormat } from './export/formats.ts';
import { htmlLines } from './export/html.ts';
import { textLine } from './export/text.ts';
import { writeNewFile } from './export/write.ts';

export interface ExportOptions {
  readonly format: ExportFormat;
  /** Only what was sent from then on; milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Only what was sent before; milliseconds since 1970. */
  readonly until?: number | undefined;
  /** Called for each message and each file as it is taken up; notices don't count. */
  readonly onMessage?: () => void;
}

export interface ExportFileOptions extends ExportOptions {
  /** A new file, or a folder, in which the file is called after the channel. */
  readonly path: string;
  readonly signal?: AbortSignal;
}

/** Entries held at once. */
const pageSize = 100;

const extensions: Readonly<Record<ExportFormat, string>> = { text: 'txt', json: 'ndjson', html: 'html' };

/**
 * The export in pieces, each whole lines without the last line's end, oldest first. Between two of them anything may
 * be written to the store. @throws SetupError with code `no-such-channel`.
 */
export function* exportLines(
  messenger: Pick<Messenger, 'page' | 'name'>,
  channel: string,
  options: ExportOptions,
): Generator<string, void> {
  const events = selected(messenger, channel, options);
  if (options.format === 'html') yield* htmlLines(events, { channel, owner: messenger.name });
  else for (const event of events) yield options.format === 'json' ? JSON.stringify(eventJson(event)) : textLine(event);
}

/** The name that an export has where nobody gave it one. */
export function exportName(channel: string, format: ExportFormat): string {
  return `${channel}.${extensions[format]}`;
}

/**
 * Writes the whole export, or nothing: it has its name once it is on the disk, and never takes one that is taken.
 * @returns how many messages and files are in it, and where it is, absolute.
 * @throws UsageError with code `target-exists`; SetupError, DiskFullError: the disk; the signal's reason.
 */
export async function exportToFile(
  messenger: Pick<Messenger, 'page' | 'name'>,
  channel: string,
  { path, signal, ...options }: ExportFileOptions,
): Promise<{ messages: number; path: string }> {
  let messages = 0;
  const onMessage = () => {
    messages += 1;
    options.onMessage?.();
  };
  const lines = exportLines(messenger, channel, { ...options, onMessage });
  const written = await writeNewFile(lines, { path, name: exportName(channel, options.format), signal });
  return { messages, path: written };
}

/** What belongs in it. A notice bears no time of its own and goes with what stands before it. */
function* selected(
  messenger: Pick<Messenger, 'page'>,
  channel: string,
  { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, onMessage }: ExportOptions,
): Generator<HistoryEvent> {
  let at = Number.NEGATIVE_INFINITY;
  for (const event of everything(messenger, channel)) {
    const isNotice = event.type === 'notice';
    if (!isNotice) at = event.sentAt;
    if (at < since || at >= until) continue;
    if (!isNotice) onMessage?.();
    yield event;
  }
}

function* everything(messenger: Pick<Messenger, 'page'>, channel: string): Generator<HistoryEvent> {
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page = messenger.page(channel, { after, limit: pageSize });
    for (const { event } of page) yield event;
    after = page.at(-1)?.row;
  }
}

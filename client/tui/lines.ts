/** What stands in the history, as lines of a width. Pure. */
import type { HistoryEntry, MessageState } from '../messenger/index.ts';
import { clock, day, size } from '../ui/format.ts';
import { type Charset, glyphs, hardRows, join, widthOf, wrap } from './text.ts';

/** How a piece of a line is drawn. */
export type Tone = 'plain' | 'dim' | 'strong' | 'mine' | 'warning' | 'accent' | 'chosen';

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

export type Line = readonly Span[];

/** A line of the chat's own among those of the history. */
export interface Note {
  readonly text: string;
  readonly tone: Tone;
}

/** Either an entry of the history or a note. An item is never changed: another takes its place. */
export interface Item {
  readonly entry?: HistoryEntry;
  readonly note?: Note;
}

/** What stands above an item. */
export interface Above {
  /** `2026-11-20`, where the day is another than that of the item before. */
  readonly day?: string | undefined;
  readonly unread?: boolean | undefined;
}

export interface LineOptions {
  readonly width: number;
  readonly charset: Charset;
}

/** Lines after the first stand under it, so that no text can look like another message. */
const indent = 6;
/** So much of a text is drawn, in UTF-16 units and in lines; an export has all of it. */
const mostText = 40_000;
const mostLines = 1000;

export function itemLines({ entry, note }: Item, above: Above, options: LineOptions): Line[] {
  const own = entry ? entryLines(entry, options) : noteLines(note, options);
  return [...aboveLines(above, options), ...own];
}

export function dayOf({ event }: HistoryEntry): string | undefined {
  return event.type === 'notice' ? undefined : day(event.sentAt).slice(0, 10);
}

function aboveLines({ day: date, unread }: Above, { width, charset }: LineOptions): Line[] {
  const rule = (text: string, tone: Tone): Line => {
    const dash = charset.isUnicode ? '─' : '-';
    const left = Math.max(0, Math.min(4, Math.floor((width - text.length - 2) / 2)));
    const right = Math.max(0, width - text.length - 2 - left);
    return [{ text: `${dash.repeat(left)} ${text} ${dash.repeat(right)}`.slice(0, width), tone }];
  };
  return [...(date === undefined ? [] : [rule(date, 'dim')]), ...(unread ? [rule('new', 'warning')] : [])];
}

function noteLines(note: Note | undefined, { width, charset }: LineOptions): Line[] {
  if (!note) return [];
  const rows = note.text.split('\n').flatMap((line) => wrap(glyphs(line, charset), width));
  return rows.map((row) => [{ text: join(row), tone: note.tone }]);
}

function entryLines({ event }: HistoryEntry, options: LineOptions): Line[] {
  if (event.type === 'notice') return noteLines({ text: event.text, tone: 'warning' }, options);
  const { width, charset } = options;
  const isMine = event.receivedAt === null;
  const time = clock(event.sentAt);
  const name = hardRows(glyphs(event.from, charset), Math.max(4, Math.floor(width / 2)))[0] ?? [];
  const head: Line = [
    { text: `${time} `, tone: 'dim' },
    { text: join(name), tone: isMine ? 'mine' : 'strong' },
    { text: '  ', tone: 'plain' },
  ];
  const headWidth = time.length + 3 + widthOf(name);
  const text = event.type === 'message' ? shortened(event.text) : fileWords(event, isMine);
  const tone = event.type === 'message' ? 'plain' : 'accent';
  const body = bodyRows(text, headWidth, options).map((row): Line => [{ text: row, tone }]);
  const [first = [], ...others] = body;
  const lines: Line[] = [[...head, ...first], ...others.map((line): Line => [blank, ...line])];
  return event.state ? marked(lines, stateMark(event.state, charset), options) : lines;
}

const blank: Span = { text: ' '.repeat(indent), tone: 'plain' };

function bodyRows(text: string, headWidth: number, { width, charset }: LineOptions): string[] {
  const under = Math.max(1, width - indent);
  const rows = text
    .split(/\r\n|\n/)
    .flatMap((line, index) => wrap(glyphs(line, charset), under, index === 0 ? Math.max(1, width - headWidth) : under))
    .map(join);
  if (rows.length <= mostLines) return rows;
  return [...rows.slice(0, mostLines), `(${rows.length - mostLines} lines more: /export shows all)`];
}

function shortened(text: string): string {
  if (text.length <= mostText) return text;
  return `${text.slice(0, mostText)}\n(${size(text.length - mostText)} more: /export shows all)`;
}

type FileEvent = Extract<HistoryEntry['event'], { type: 'file' }>;

function fileWords({ name, size: bytes, id, expiresAt }: FileEvent, isMine: boolean): string {
  const where = isMine ? `id ${id.slice(0, 8)}` : `/get ${id.slice(0, 8)} (until ${day(expiresAt)})`;
  // A name is one line, whatever is in it.
  return `file ${name.replace(/[\r\n]/g, ' ')}, ${size(bytes)}, ${where}`;
}

const marks: Readonly<Record<MessageState, readonly [unicode: string, ascii: string]>> = {
  queued: ['·', '.'],
  sent: ['✓', '>'],
  delivered: ['✓✓', '>>'],
};

export function stateMark(state: MessageState, { isUnicode }: Charset): string {
  return marks[state][isUnicode ? 0 : 1];
}

/** The mark stands behind the last word, or under it where there is no room. */
function marked(lines: readonly Line[], mark: string, { width, charset }: LineOptions): Line[] {
  const last = lines.at(-1) ?? [];
  const used = last.reduce((sum, { text }) => sum + widthOf(glyphs(text, charset)), 0);
  const span: Span = { text: mark, tone: 'dim' };
  if (used + 1 + mark.length > width) return [...lines, [blank, span]];
  return [...lines.slice(0, -1), [...last, { text: ' ', tone: 'plain' }, span]];
}

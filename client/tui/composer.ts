/** What is being typed: a text of several lines with a cursor, and what was sent before. Pure. */
import { type Charset, type Glyph, glyphs, hardRows, join, widthOf } from './text.ts';

export interface Composer {
  readonly text: string;
  /** UTF-16 units before it. */
  readonly cursor: number;
  /** What was sent, oldest first. */
  readonly sent: readonly string[];
  /** Which of those stands there; absent: none. */
  readonly recalled?: number;
  /** What stood there before one was recalled. */
  readonly draft: string;
}

export const emptyComposer: Composer = { text: '', cursor: 0, sent: [], draft: '' };

/** Texts kept for recalling. */
const mostSent = 100;

const graphemes = new Intl.Segmenter();
const words = new Intl.Segmenter(undefined, { granularity: 'word' });

/** Line breaks become newlines; other control characters but tabs are left out: nobody means to send them. */
export function insert(composer: Composer, text: string): Composer {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what this is for
  const clean = text.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
  return replace(composer, composer.cursor, composer.cursor, clean);
}

/** @param from and to: what gives way. */
export function replace(composer: Composer, from: number, to: number, text: string): Composer {
  const { recalled: _, ...rest } = composer;
  return {
    ...rest,
    text: composer.text.slice(0, from) + text + composer.text.slice(to),
    cursor: from + text.length,
  };
}

/** The text has gone. */
export function cleared(composer: Composer): Composer {
  const { text, sent } = composer;
  const isNew = text !== '' && sent.at(-1) !== text;
  return { ...emptyComposer, sent: isNew ? [...sent, text].slice(-mostSent) : sent };
}

const lineStart = ({ text, cursor }: Composer) => (cursor === 0 ? 0 : text.lastIndexOf('\n', cursor - 1) + 1);

function lineEnd({ text, cursor }: Composer): number {
  const end = text.indexOf('\n', cursor);
  return end === -1 ? text.length : end;
}

function before(composer: Composer): number {
  const { text, cursor } = composer;
  const start = text[cursor - 1] === '\n' ? cursor - 1 : lineStart(composer);
  const last = [...graphemes.segment(text.slice(start, cursor))].at(-1);
  return cursor - (last?.segment.length ?? 0);
}

function after({ text, cursor }: Composer): number {
  const [next] = graphemes.segment(text.slice(cursor, cursor + 64));
  return cursor + (next?.segment.length ?? 0);
}

function wordBefore({ text, cursor }: Composer): number {
  const found = [...words.segment(text.slice(0, cursor))].filter(({ isWordLike }) => isWordLike).at(-1);
  return found?.index ?? 0;
}

function wordAfter({ text, cursor }: Composer): number {
  for (const { isWordLike, index, segment } of words.segment(text.slice(cursor))) {
    if (isWordLike) return cursor + index + segment.length;
  }
  return text.length;
}

const moveTo = (composer: Composer, cursor: number): Composer => ({ ...composer, cursor });

/** What keys do to it. */
export const edits = {
  left: (composer: Composer) => moveTo(composer, before(composer)),
  right: (composer: Composer) => moveTo(composer, after(composer)),
  wordLeft: (composer: Composer) => moveTo(composer, wordBefore(composer)),
  wordRight: (composer: Composer) => moveTo(composer, wordAfter(composer)),
  home: (composer: Composer) => moveTo(composer, lineStart(composer)),
  end: (composer: Composer) => moveTo(composer, lineEnd(composer)),
  backspace: (composer: Composer) => replace(composer, before(composer), composer.cursor, ''),
  delete: (composer: Composer) => replace(composer, composer.cursor, after(composer), ''),
  deleteWord: (composer: Composer) => replace(composer, wordBefore(composer), composer.cursor, ''),
  deleteToStart: (composer: Composer) => replace(composer, lineStart(composer), composer.cursor, ''),
  deleteToEnd: (composer: Composer) => replace(composer, composer.cursor, lineEnd(composer), ''),
  newline: (composer: Composer) => insert(composer, '\n'),
  up: (composer: Composer) => (lineStart(composer) > 0 ? lineUp(composer) : recall(composer, -1)),
  down: (composer: Composer) => (lineEnd(composer) < composer.text.length ? lineDown(composer) : recall(composer, 1)),
} as const;

export type Edit = keyof typeof edits;

function lineUp(composer: Composer): Composer {
  const start = lineStart(composer);
  const above = lineStart({ ...composer, cursor: start - 1 });
  return moveInto(composer, above, start - 1, composer.cursor - start);
}

function lineDown(composer: Composer): Composer {
  const below = lineEnd(composer) + 1;
  const column = composer.cursor - lineStart(composer);
  return moveInto(composer, below, lineEnd({ ...composer, cursor: below }), column);
}

/** Into the line between these two, but never into the midst of a letter. */
function moveInto(composer: Composer, start: number, end: number, column: number): Composer {
  const line = composer.text.slice(start, end);
  return moveTo(composer, start + (graphemes.segment(line).containing(column)?.index ?? line.length));
}

function recall(composer: Composer, step: number): Composer {
  const { sent, recalled = sent.length } = composer;
  const at = recalled + step;
  if (at < 0 || at > sent.length || sent.length === 0) return composer;
  const draft = recalled === sent.length ? composer.text : composer.draft;
  const text = sent[at] ?? draft;
  const { recalled: _, ...rest } = composer;
  return { ...rest, text, cursor: text.length, draft, ...(at === sent.length ? {} : { recalled: at }) };
}

export interface ComposerRows {
  readonly rows: readonly string[];
  /** Where the cursor stands: row and cells. */
  readonly cursor: { readonly row: number; readonly column: number };
  /** Lines of the text above and below what is shown. */
  readonly above: number;
  readonly below: number;
}

/** The rows around the cursor. @param width one cell of it is left free for a cursor at the end. */
export function composerRows({ text, cursor }: Composer, width: number, most: number, charset: Charset): ComposerRows {
  const usable = Math.max(1, width - 1);
  const lines = text.split('\n');
  const line = text.slice(0, cursor).split('\n').length - 1;
  const [head, tail] = [Math.max(0, line - most), line + most + 1];
  const near = lines.slice(head, tail);
  const column = cursor - lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);
  const all = near.flatMap((one) => hardRows(glyphs(one, charset), usable));
  const upTo = glyphs((lines[line] ?? '').slice(0, column), charset);
  const aboveLine = lines.slice(head, line).flatMap((one) => hardRows(glyphs(one, charset), usable)).length;
  const cursorRows = hardRows(upTo, usable);
  const row = aboveLine + cursorRows.length - 1;
  const start = Math.max(0, Math.min(row - Math.floor(most / 2), all.length - most));
  const shown: readonly Glyph[][] = all.slice(start, start + most);
  return {
    rows: shown.map(join),
    cursor: { row: row - start, column: widthOf(cursorRows.at(-1) ?? []) },
    above: start + head,
    below: Math.max(0, all.length - start - most) + Math.max(0, lines.length - tail),
  };
}

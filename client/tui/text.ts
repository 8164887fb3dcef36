/** Text in the cells of a terminal: nothing in it is obeyed, and its width is known before it is drawn. */
import { eastAsianWidth } from 'get-east-asian-width';
import { visible } from '../ui/visible.ts';

/** What stands in one place: a letter with its marks, an emoji. */
export interface Glyph {
  readonly text: string;
  /** Cells: 1 or 2, or more for what is spelled out. */
  readonly width: number;
}

/** What the terminal can show. */
export interface Charset {
  /** False: a locale that is not UTF-8, where bytes above 0x7f may be commands to the terminal. */
  readonly isUnicode: boolean;
}

/** Marks above and below one letter; more would climb over other lines. */
const mostMarks = 4;
/** UTF-16 units of one glyph; the longest emoji have about 25. */
const longestGlyph = 32;

const segmenter = new Intl.Segmenter();
const onlyAscii = /^[\x20-\x7e]*$/;
const surplusMarks = new RegExp(`(\\p{M}{${mostMarks}})\\p{M}+`, 'gu');
const shown = /[^\p{Default_Ignorable_Code_Point}\p{Control}\p{Format}\p{Nonspacing_Mark}\p{Enclosing_Mark}]/v;
const emoji = /^\p{RGI_Emoji}$/v;
const pictures = /\p{Extended_Pictographic}/gu;
/** U+2400 and on, which stand for control characters. */
const controlPicture = /[\u2400-\u241f\u2421]/g;

/** One line as glyphs. @param line without line breaks. */
export function glyphs(line: string, { isUnicode }: Charset): Glyph[] {
  if (onlyAscii.test(line)) return Array.from(line, (text) => ({ text, width: 1 }));
  const safe = visible(line.replaceAll('\t', '    ').toWellFormed()).replace(surplusMarks, '$1');
  const known = isUnicode ? safe : safe.replace(controlPicture, caret);
  return Array.from(segmenter.segment(known), ({ segment }) => (isUnicode ? glyph(segment) : asciiGlyph(segment)));
}

/** `^[` for the picture of an escape. */
function caret(picture: string): string {
  const code = (picture.codePointAt(0) ?? 0) - 0x2400;
  return `^${String.fromCharCode(code === 0x21 ? 0x3f : code + 0x40)}`;
}

function asciiGlyph(segment: string): Glyph {
  return { text: onlyAscii.test(segment) ? segment : '?', width: 1 };
}

/** As Ink measures it, which lays it out. */
function glyph(segment: string): Glyph {
  const first = segment.codePointAt(0) ?? 0;
  if (!shown.test(segment) || segment.length > longestGlyph) return spelled(first);
  if (emoji.test(segment) || (segment.match(pictures)?.length ?? 0) > 1) return { text: segment, width: 2 };
  return { text: segment, width: eastAsianWidth(segment.match(shown)?.[0].codePointAt(0) ?? first) };
}

/** What has no width would hide. */
function spelled(code: number): Glyph {
  const text = `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
  return { text, width: text.length };
}

export function widthOf(row: readonly Glyph[]): number {
  return row.reduce((sum, { width }) => sum + width, 0);
}

export function join(row: readonly Glyph[]): string {
  return row.map(({ text }) => text).join('');
}

/**
 * Rows no wider than that, broken at blanks where that is possible. Always at least one row.
 * @param first the width of the first row, where something stands before it.
 */
export function wrap(line: readonly Glyph[], width: number, first = width): Glyph[][] {
  const rows: Glyph[][] = [];
  let start = 0;
  while (start < line.length) {
    const end = rowEnd(line, start, Math.max(1, rows.length === 0 ? first : width));
    rows.push(line.slice(start, end));
    start = end;
    // The blank at which it breaks stands in neither row.
    if (line[start]?.text === ' ' && start < line.length) start += 1;
  }
  return rows.length === 0 ? [[]] : rows;
}

function rowEnd(line: readonly Glyph[], start: number, width: number): number {
  let [end, used] = [start, 0];
  for (let next = line[end]; next && used + next.width <= width; next = line[end]) {
    used += next.width;
    end += 1;
  }
  if (end === line.length || line[end]?.text === ' ') return Math.max(end, start + 1);
  for (let at = end; at > start; at -= 1) if (line[at - 1]?.text === ' ' && at - 1 > start) return at - 1;
  return Math.max(end, start + 1);
}

/** Cut to that width, with a mark where something is missing. */
export function cut(text: string, width: number, charset: Charset): string {
  const all = glyphs(text, charset);
  if (widthOf(all) <= width) return join(all);
  if (width < 2) return '';
  const [row = []] = hardRows(all, width - 1);
  return `${join(row)}${charset.isUnicode ? '…' : '~'}`;
}

/** Exactly that wide. */
export function fit(text: string, width: number, charset: Charset): string {
  const shortened = cut(text, width, charset);
  return shortened + ' '.repeat(Math.max(0, width - widthOf(glyphs(shortened, { isUnicode: true }))));
}

/** Rows no wider than that, broken anywhere: nothing is left out. Always at least one row. */
export function hardRows(line: readonly Glyph[], width: number): Glyph[][] {
  const rows: Glyph[][] = [[]];
  let used = 0;
  for (const one of line) {
    if (used > 0 && used + one.width > width) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1)?.push(one);
    used += one.width;
  }
  return rows;
}

/** Whether what is written in this environment is read as UTF-8. See setlocale(3) for the order of the variables. */
export function charsetOf({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): Charset {
  const locale = LC_ALL || LC_CTYPE || LANG || '';
  return { isUnicode: /utf-?8/i.test(locale) || process.platform === 'win32' || process.platform === 'darwin' };
}

/** The whole screen as rows of its width: channels at the side, the history, what moves, the state, the composer. Pure. */
import type { TransferInfo } from '../messenger/index.ts';
import { size } from '../ui/format.ts';
import { type Composer, composerRows } from './composer.ts';
import type { Line, Span, Tone } from './lines.ts';
import { type Charset, cut, fit, glyphs, widthOf } from './text.ts';
import type { Timeline } from './timeline.ts';

export interface ChannelView {
  readonly name: string;
  readonly unread: number;
  /** Why one should take care; nothing where all is well. */
  readonly mark: '' | '!' | '?' | '~';
}

export interface ScreenState {
  readonly channels: readonly ChannelView[];
  readonly current: string;
  readonly timeline: Timeline;
  readonly composer: Composer;
  /** What stands in an empty composer. */
  readonly invitation: string;
  /** Under way. */
  readonly transfers: readonly TransferInfo[];
  /** What Tab offers. */
  readonly choices: readonly string[];
  readonly status: readonly string[];
  readonly charset: Charset;
}

export interface Frame {
  readonly rows: readonly Line[];
  readonly cursor: { readonly x: number; readonly y: number };
}

/** Narrower, there is no list of channels. */
const leastForSide = 60;
const mostTransfers = 4;
const mostComposer = 8;
const prompt = '> ';

interface Layout {
  readonly side: number;
  readonly main: number;
  readonly history: number;
}

export function drawFrame(state: ScreenState, columns: number, rows: number): Frame {
  const side = columns < leastForSide ? 0 : Math.min(24, Math.floor(columns / 5));
  const main = columns - (side === 0 ? 0 : side + 1);
  const { charset } = state;
  const composer = composerLines(state, columns, Math.max(1, Math.min(mostComposer, Math.floor(rows / 3))));
  const room = Math.max(0, rows - composer.lines.length - 1);
  const extra = [...transferLines(state, main), ...choiceLines(state, main)].slice(0, Math.max(0, room - 1));
  const layout: Layout = { side, main, history: room - extra.length };
  const history = historyRows(state, layout);
  const upper = [...history, ...extra];
  const sideRows = channelRows(state, side, upper.length);
  const separator: Span = { text: charset.isUnicode ? '│' : '|', tone: 'dim' };
  const body =
    side === 0 ? upper : upper.map((line, row): Line => [sideRows[row] ?? blankSide(side), separator, ...line]);
  const status: Line = [{ text: fit(` ${state.status.join(' | ')}`, columns, charset), tone: 'chosen' }];
  return {
    rows: [...body, status, ...composer.lines],
    cursor: { x: prompt.length + composer.column, y: body.length + 1 + composer.row },
  };
}

/** The lines that the history has room for. */
export function historyRoom(state: ScreenState, columns: number, rows: number): { width: number; height: number } {
  const side = columns < leastForSide ? 0 : Math.min(24, Math.floor(columns / 5)) + 1;
  const most = Math.max(1, Math.min(mostComposer, Math.floor(rows / 3)));
  const extra = transferLines(state, columns - side).length + choiceLines(state, columns - side).length;
  return {
    width: columns - side,
    height: Math.max(1, rows - 1 - extra - composerLines(state, columns, most).lines.length),
  };
}

function historyRows({ timeline, charset }: ScreenState, { main, history }: Layout): Line[] {
  const lines = timeline.view(history, { width: main, charset });
  return [...Array.from({ length: history - lines.length }, (): Line => []), ...lines];
}

function blankSide(width: number): Span {
  return { text: ' '.repeat(width), tone: 'plain' };
}

/** Those around the current one, where they are more than fit. */
function channelRows({ channels, current, charset }: ScreenState, width: number, height: number): Span[] {
  const at = Math.max(
    0,
    channels.findIndex(({ name }) => name === current),
  );
  const start = Math.max(0, Math.min(at - Math.floor(height / 2), channels.length - height));
  return channels.slice(start, start + height).map(({ name, unread, mark }) => {
    const count = unread > 0 ? ` ${unread > 999 ? '999+' : unread}` : '';
    const tail = `${mark === '' ? '' : ` ${mark}`}${count} `;
    // Where there are no styles, only this tells which one is shown.
    const text = `${name === current ? '>' : ' '}${fit(name, width - 1 - tail.length, charset)}${tail}`;
    return { text: text.slice(0, Math.max(width, text.length)), tone: toneOf(name === current, unread > 0) };
  });
}

function toneOf(isCurrent: boolean, isUnread: boolean): Tone {
  if (isCurrent) return 'chosen';
  return isUnread ? 'strong' : 'plain';
}

function transferLines({ transfers, charset }: ScreenState, width: number): Line[] {
  return transfers
    .slice(-mostTransfers)
    .map((transfer) => [{ text: transferLine(transfer, width, charset), tone: 'accent' }]);
}

function transferLine({ direction, name, done, total }: TransferInfo, width: number, charset: Charset): string {
  const arrow = charset.isUnicode ? { out: '↑', in: '↓' } : { out: '^', in: 'v' };
  const part = total === undefined || total === 0 ? undefined : Math.min(1, done / total);
  const percent = part === undefined ? '' : `${Math.floor(part * 100)}%`.padStart(5);
  const amount = total === undefined ? size(done) : `${size(done)}/${size(total)}`;
  const numbers = width < 40 ? percent || ` ${size(done)}` : `${percent} ${amount}`;
  const bar = width < 60 || part === undefined ? '' : ` ${progressBar(part, 20, charset)}`;
  const room = Math.max(4, width - 3 - numbers.length - widthOf(glyphs(bar, { isUnicode: true })));
  return cut(`${arrow[direction]} ${cut(name, room, charset)}`, width, { isUnicode: true }) + bar + numbers;
}

function progressBar(part: number, width: number, { isUnicode }: Charset): string {
  const full = Math.round(part * width);
  return (isUnicode ? '█' : '#').repeat(full) + (isUnicode ? '░' : '-').repeat(width - full);
}

function choiceLines({ choices, charset }: ScreenState, width: number): Line[] {
  if (choices.length === 0) return [];
  return [[{ text: cut(choices.join('  '), width, charset), tone: 'dim' }]];
}

interface ComposerLines {
  readonly lines: readonly Line[];
  readonly row: number;
  readonly column: number;
}

function composerLines({ composer, invitation, charset }: ScreenState, columns: number, most: number): ComposerLines {
  const width = Math.max(2, columns - prompt.length);
  if (composer.text === '') {
    const hint: Span = { text: cut(invitation, width - 1, charset), tone: 'dim' };
    return { lines: [[{ text: prompt, tone: 'strong' }, hint]], row: 0, column: 0 };
  }
  const { rows, cursor, above, below } = composerRows(composer, width, most, charset);
  const lines = rows.map((text, row): Line => {
    const more = (row === 0 && above > 0) || (row === rows.length - 1 && below > 0);
    const lead = more ? ': ' : row === 0 ? prompt : '  ';
    return [
      { text: lead, tone: 'strong' },
      { text, tone: 'plain' },
    ];
  });
  return { lines, row: cursor.row, column: cursor.column };
}

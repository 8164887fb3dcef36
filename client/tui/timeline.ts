/**
 * One channel's history as far as it was looked at, with the chat's own notes in between, and the place that is shown.
 * Older entries are asked for when somebody scrolls to them, and lines are made only for what is shown.
 */
import type { HistoryEntry, MessageState } from '../messenger/index.ts';
import { type Above, dayOf, type Item, itemLines, type Line, type LineOptions, type Note } from './lines.ts';

/** Entries before a row, oldest first; the newest where there is no row. */
export type Older = (before: number | undefined, limit: number) => readonly HistoryEntry[];

/** Entries asked for at once. */
const page = 100;
/** Items kept while nobody reads further up. */
const mostAtEnd = 1000;

/** The line that stands lowest: so many lines of this item are hidden below. */
interface Anchor {
  item: Item;
  hidden: number;
}

export class Timeline {
  readonly #older: Older;
  #items: Item[] = [];
  #isWhole = false;
  /** Absent: the end is shown, and what comes moves up. */
  #anchor: Anchor | undefined;
  /** The row that the mark of what is new stands above. */
  #unreadFrom: number | undefined;
  /** Items that came while something else was read. */
  #below = 0;
  #lines = new WeakMap<Item, { readonly key: string; readonly lines: readonly Line[] }>();

  /** @param unreadFrom the first row that nobody has seen. */
  constructor(older: Older, unreadFrom: number | undefined) {
    this.#older = older;
    this.#unreadFrom = unreadFrom;
    this.#loadOlder();
  }

  get isAtEnd(): boolean {
    return this.#anchor === undefined;
  }

  /** What came since something else than the end is shown. */
  get below(): number {
    return this.#below;
  }

  /** The last row of the history; 0 where there is none. */
  get newestRow(): number {
    return this.#items.findLast(({ entry }) => entry)?.entry?.row ?? 0;
  }

  /** Whether anything beside notes is there. */
  get isEmpty(): boolean {
    return !this.#items.some(({ entry }) => entry);
  }

  add(entry: HistoryEntry): void {
    if (entry.row <= this.newestRow) return;
    this.#push({ entry });
  }

  note(note: Note): void {
    this.#push({ note });
  }

  /** From this row on nobody has seen it; absent: all was seen. */
  markUnread(row: number | undefined): void {
    this.#unreadFrom = row;
  }

  setState(id: string, state: MessageState): void {
    const at = this.#items.findLastIndex(({ entry }) => entry?.event.type !== 'notice' && entry?.event.id === id);
    const before = this.#items[at];
    const entry = before?.entry;
    if (!entry || entry.event.type === 'notice') return;
    const item: Item = { entry: { ...entry, event: { ...entry.event, state } } };
    this.#items[at] = item;
    if (this.#anchor?.item === before) this.#anchor.item = item;
  }

  /** @param rows absent: all of them. */
  remove(rows: readonly number[] | undefined): void {
    const gone = rows && new Set(rows);
    const stays = ({ entry }: Item) => !entry || (gone !== undefined && !gone.has(entry.row));
    const anchor = this.#anchor?.item;
    if (anchor && !stays(anchor)) this.toEnd();
    this.#items = this.#items.filter(stays);
  }

  toEnd(): void {
    this.#anchor = undefined;
    this.#below = 0;
    if (this.#items.length <= mostAtEnd) return;
    this.#items = this.#items.slice(-mostAtEnd);
    this.#isWhole = false;
  }

  /** Moves up by so many lines, down where it is negative. */
  scroll(count: number, height: number, options: LineOptions): void {
    if (count > 0) this.#up(count, height, options);
    else this.#down(-count, options);
  }

  /** The lines that are shown, at most `height`. */
  view(height: number, options: LineOptions): Line[] {
    const lines: Line[] = [];
    let at = this.#anchorIndex();
    let hidden = this.#hidden(options);
    for (; lines.length < height; at -= 1) {
      if (at < 0) {
        const more = this.#loadOlder();
        if (more === 0) break;
        at += more;
      }
      const own = this.#linesAt(at, options);
      lines.unshift(...own.slice(0, own.length - hidden).slice(lines.length - height));
      hidden = 0;
    }
    return lines;
  }

  #up(count: number, height: number, options: LineOptions): void {
    let at = this.#anchorIndex();
    let hidden = this.#hidden(options) + count;
    for (let length = this.#lengthAt(at, options); hidden >= length; length = this.#lengthAt(at, options)) {
      if (at <= 0) at += this.#loadOlder();
      if (at <= 0) break;
      hidden -= length;
      at -= 1;
    }
    this.#moveTo(at, Math.min(hidden, Math.max(0, this.#lengthAt(at, options) - 1)));
    // The first line stands at the top, not lower.
    const missing = height - this.view(height, options).length;
    if (missing > 0) this.#down(missing, options);
  }

  #down(count: number, options: LineOptions): void {
    let at = this.#anchorIndex();
    let hidden = this.#hidden(options) - count;
    while (hidden < 0 && at < this.#items.length - 1) {
      at += 1;
      hidden += this.#lengthAt(at, options);
    }
    if (at >= this.#items.length - 1 && hidden <= 0) this.toEnd();
    else this.#moveTo(at, Math.max(0, hidden));
  }

  #moveTo(at: number, hidden: number): void {
    const item = this.#items[at];
    this.#anchor = item && { item, hidden };
  }

  #push(item: Item): void {
    this.#items.push(item);
    if (this.#anchor) this.#below += 1;
    else this.toEnd();
  }

  #anchorIndex(): number {
    return this.#anchor ? this.#items.lastIndexOf(this.#anchor.item) : this.#items.length - 1;
  }

  /** Fewer where the lines are wider by now. */
  #hidden(options: LineOptions): number {
    if (!this.#anchor) return 0;
    return Math.min(this.#anchor.hidden, Math.max(0, this.#lengthAt(this.#anchorIndex(), options) - 1));
  }

  #lengthAt(at: number, options: LineOptions): number {
    return this.#linesAt(at, options).length;
  }

  #linesAt(at: number, options: LineOptions): readonly Line[] {
    const item = this.#items[at];
    if (!item) return [];
    const above = this.#aboveOf(item, at);
    const key = `${options.width} ${above.day} ${above.unread}`;
    const known = this.#lines.get(item);
    if (known?.key === key) return known.lines;
    const lines = itemLines(item, above, options);
    this.#lines.set(item, { key, lines });
    return lines;
  }

  #aboveOf({ entry }: Item, at: number): Above {
    if (!entry) return {};
    const date = dayOf(entry);
    let before: string | undefined;
    for (let index = at - 1; index >= 0 && before === undefined; index -= 1) {
      const one = this.#items[index]?.entry;
      before = one && dayOf(one);
    }
    return { day: date === before ? undefined : date, unread: entry.row === this.#unreadFrom };
  }

  /** Answers how many came. */
  #loadOlder(): number {
    if (this.#isWhole) return 0;
    const entries = this.#older(this.#items.find(({ entry }) => entry)?.entry?.row, page);
    if (entries.length === 0) this.#isWhole = true;
    this.#items.unshift(...entries.map((entry): Item => ({ entry })));
    return entries.length;
  }
}

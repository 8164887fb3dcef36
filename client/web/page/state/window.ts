/**
 * The part of a channel's history that the page holds: rows without a gap, oldest first. It never grows past a bound, so
 * that scrolling through a hundred thousand messages costs what scrolling through a few hundred does: what is far from
 * where the person reads is dropped at that end, and loaded again when they come back.
 */
import type { ApiEntry, ApiMessageState, Update } from '../../api.ts';

export interface HistoryWindow {
  readonly entries: readonly ApiEntry[];
  /** Whether there are older ones than the first, and newer ones than the last. */
  readonly before: boolean;
  readonly after: boolean;
}

/** Rows in a page that is asked for, and rows held at most. */
export const pageRows = 80;
export const mostRows = 400;

/** Adds older rows; the newest are dropped where that is too many. */
export function prepend(history: HistoryWindow, older: readonly ApiEntry[], more: boolean): HistoryWindow {
  const all = merged(history.entries, older);
  const entries = all.slice(0, mostRows);
  return { entries, before: more, after: history.after || entries.length < all.length };
}

/** Adds newer rows; the oldest are dropped where that is too many. */
export function append(history: HistoryWindow, newer: readonly ApiEntry[], more: boolean): HistoryWindow {
  const all = merged(history.entries, newer);
  const entries = all.slice(-mostRows);
  return { entries, before: history.before || entries.length < all.length, after: more };
}

/**
 * Adds what has just come. Somebody who reads further up keeps what they read: where the bound is reached, the new row
 * waits to be loaded.
 */
function arrive(history: HistoryWindow, entry: ApiEntry, isAtEnd: boolean): HistoryWindow {
  if (history.after) return history;
  if (!isAtEnd && history.entries.length >= mostRows) return { ...history, after: true };
  return append(history, [entry], false);
}

/** What the stream tells of a history. */
export type HistoryUpdate = Extract<Update, { readonly type: 'entry' | 'status' | 'gone' }>;

export function isHistoryUpdate(update: Update): update is HistoryUpdate {
  return update.type === 'entry' || update.type === 'status' || update.type === 'gone';
}

/** The window after that. */
export function told(history: HistoryWindow, update: HistoryUpdate, isAtEnd: boolean): HistoryWindow {
  if (update.type === 'entry') return arrive(history, update.entry, isAtEnd);
  if (update.type === 'status') return withState(history, update.id, update.state);
  return update.rows ? without(history, update.rows) : history;
}

function withState(history: HistoryWindow, id: string, state: ApiMessageState): HistoryWindow {
  const entries = history.entries.map((entry) =>
    entry.event !== 'notice' && entry.id === id ? { ...entry, state } : entry,
  );
  return { ...history, entries };
}

function without(history: HistoryWindow, rows: readonly number[]): HistoryWindow {
  const gone = new Set(rows);
  return { ...history, entries: history.entries.filter(({ row }) => !gone.has(row)) };
}

/** Each row once, by number: what comes by the stream may be faster than the page that was asked for before. */
function merged(held: readonly ApiEntry[], more: readonly ApiEntry[]): ApiEntry[] {
  const byRow = new Map([...more, ...held].map((entry) => [entry.row, entry]));
  return [...byRow.values()].sort((one, other) => one.row - other.row);
}

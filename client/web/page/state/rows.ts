/** The history as it stands on the page: days and the unread mark between the entries. Pure. */
import type { ApiEntry } from '../../api.ts';
import { dayWords } from '../words.ts';

export type Row =
  | { readonly kind: 'day'; readonly key: string; readonly text: string }
  | { readonly kind: 'mark'; readonly key: string }
  | {
      readonly kind: 'entry';
      readonly key: string;
      readonly entry: ApiEntry;
      /** Goes on what the one before said: same person, within five minutes. */
      readonly isContinued: boolean;
    };

const together = 300_000;

export function rowsOf(entries: readonly ApiEntry[], mark: number | undefined, now: Date): readonly Row[] {
  const rows: Row[] = [];
  let day = '';
  let before: ApiEntry | undefined;
  let isMarked = mark === undefined;
  for (const entry of entries) {
    const nextDay = entry.event === 'notice' ? day : new Date(entry.sentAt).toDateString();
    const isNewDay = nextDay !== day;
    if (isNewDay && entry.event !== 'notice') {
      rows.push({ kind: 'day', key: `day-${entry.row}`, text: dayWords(entry.sentAt, now) });
    }
    const isMarkHere = !isMarked && mark !== undefined && entry.row >= mark;
    if (isMarkHere) rows.push({ kind: 'mark', key: 'mark' });
    isMarked ||= isMarkHere;
    const isContinued = !isNewDay && !isMarkHere && before !== undefined && goesOn(before, entry);
    rows.push({ kind: 'entry', key: `row-${entry.row}`, entry, isContinued });
    day = nextDay;
    before = entry;
  }
  return rows;
}

function goesOn(before: ApiEntry, entry: ApiEntry): boolean {
  if (before.event === 'notice' || entry.event === 'notice') return false;
  const isSameSide = before.from === entry.from && (before.receivedAt === null) === (entry.receivedAt === null);
  return isSameSide && Date.parse(entry.sentAt) - Date.parse(before.sentAt) < together;
}

/** What the tests of timers and of histories that end look at: what is shown, and what still lies in the store. */
import { DatabaseSync } from 'node:sqlite';
import { channel, type Person } from '../messenger/person.ts';
import { wordsOf } from '../tools/said.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

export function history({ messenger }: Person): string[] {
  return wordsOf(messenger, channel);
}

/** The rows of a table as they lie in the store. */
export function rows({ directory }: Person, table: 'messages' | 'files' | 'frames_out'): number {
  const db = new DatabaseSync(`${directory}/btr.sqlite`, { readOnly: true });
  const count = Number(db.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.rows);
  db.close();
  return count;
}

/** The notices of a person about timers, as they were shown. */
export function timerNotices({ events }: Person): string[] {
  return events.flatMap((event) => (event.type === 'notice' && event.code === 'timer' ? [event.text] : []));
}

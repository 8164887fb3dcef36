/** Passing frames that wait for the next envelope: requests and answers that are neither numbered nor kept. */
import type { PassingFrame } from '../protocol/frames.ts';
import type { Database } from './database.ts';

export class Passing {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Within a transaction. */
  add(channel: number, { kind, deadline, content }: PassingFrame): void {
    const sql = 'INSERT INTO passing_out (channel, kind, deadline, content) VALUES (?, ?, ?, ?)';
    this.#db.run(sql, channel, kind, deadline, content);
  }

  isWaiting(channel: number): boolean {
    return this.#db.get('SELECT 1 FROM passing_out WHERE channel = ?', channel) !== undefined;
  }

  /** Those that wait and are still worth something, and the highest id that was looked at, for `remove`. */
  waiting(channel: number, now: number): { frames: PassingFrame[]; upTo: number } {
    const rows = this.#db.all('SELECT * FROM passing_out WHERE channel = ? ORDER BY id', channel);
    const frames = rows.map((row) => ({
      kind: row.int('kind'),
      deadline: row.int('deadline'),
      content: row.blob('content'),
    }));
    const upTo = rows.at(-1)?.int('id') ?? 0;
    return { frames: frames.filter(({ deadline }) => deadline === 0 || deadline > now), upTo };
  }

  /** Within a transaction. */
  remove(channel: number, upTo: number): void {
    this.#db.run('DELETE FROM passing_out WHERE channel = ? AND id <= ?', channel, upTo);
  }
}

/**
 * Sealed bodies: committed before they are left, kept until their frames are acknowledged. One that carries no kept
 * frame is forgotten once it is left.
 */
import { frameKinds } from '../protocol/frames.ts';
import { parseParcelKey } from '../protocol/parcel-key.ts';
import type { Database } from './database.ts';

export interface StoredBody {
  readonly id: number;
  readonly body: string;
  readonly attempt: number;
  /**
   * By every drop of the channel, since the other side may see any of them: it was left before in vain, carries nothing
   * that would be left again, or says where to listen.
   */
  readonly everywhere: boolean;
  /** An envelope too large for the queue, and where it goes in the parcel store before the body is left. */
  readonly object: { readonly key: string; readonly bytes: Uint8Array } | undefined;
}

export class Bodies {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** @param attempt how often it was left before, for a body that goes out once more. */
  add(channel: number, body: string, object: StoredBody['object'], attempt = 0): number {
    const sql = 'INSERT INTO bodies (channel, body, object, object_key, attempt) VALUES (?, ?, ?, ?, ?)';
    return this.#db.run(sql, channel, body, object?.bytes ?? null, object?.key ?? null, attempt).id;
  }

  /** All bodies that are here. */
  list(channel: number): string[] {
    return this.#db.all('SELECT body FROM bodies WHERE channel = ?', channel).map((row) => row.text('body'));
  }

  /** Whether a body waits to be left. */
  isWaiting(channel: number): boolean {
    return this.#db.get('SELECT 1 FROM bodies WHERE channel = ? AND left_at IS NULL', channel) !== undefined;
  }

  /** The oldest bodies that wait to be left. */
  toLeave(channel: number, most: number): StoredBody[] {
    const sql = `SELECT *,
        attempt > 0 OR coalesce((SELECT max(kind = ?) FROM frames_out WHERE body = bodies.id), 1) AS everywhere
      FROM bodies WHERE channel = ? AND left_at IS NULL ORDER BY id LIMIT ?`;
    return this.#db.all(sql, frameKinds.drop, channel, most).map((row) => {
      const bytes = row.optionalBlob('object');
      const object = bytes && { key: row.text('object_key'), bytes };
      const everywhere = row.int('everywhere') === 1;
      return { id: row.int('id'), body: row.text('body'), attempt: row.int('attempt'), everywhere, object };
    });
  }

  /** The bodies that carry a frame of this kind and are not acknowledged. */
  carrying(channel: number, kind: number): Omit<StoredBody, 'object'>[] {
    const sql = `SELECT id, body, attempt FROM bodies WHERE channel = ?
      AND EXISTS (SELECT 1 FROM frames_out WHERE body = bodies.id AND kind = ?) ORDER BY id`;
    return this.#db
      .all(sql, channel, kind)
      .map((row) => ({ id: row.int('id'), body: row.text('body'), attempt: row.int('attempt'), everywhere: true }));
  }

  /**
   * Within a transaction: marks bodies as left, unless they were asked for once more while they were on their way.
   * Those that carry no frame that waits for an acknowledgement are forgotten.
   */
  markLeft(bodies: readonly Pick<StoredBody, 'id' | 'attempt'>[], now: number): void {
    for (const { id, attempt } of bodies) {
      const sql = `UPDATE bodies SET left_at = ?1, first_left_at = coalesce(first_left_at, ?1)
        WHERE id = ?2 AND attempt = ?3`;
      this.#db.run(sql, now, id, attempt);
      this.forgetIfDone(id);
    }
  }

  /**
   * Within a transaction: a body is to be left once more. The attempt counts up; it goes into the deduplication id, so
   * that the drop does not take the body for known. Where the time of its object in the parcel store is over, its
   * frames are sealed anew.
   */
  leaveAgain(body: number, now: number): void {
    const key = this.#db.get('SELECT object_key FROM bodies WHERE id = ?', body)?.optionalText('object_key');
    const place = key === undefined ? undefined : parseParcelKey(key);
    if (place && place.expiresAt <= now) this.takeApart([body]);
    else
      this.#db.run(
        'UPDATE bodies SET left_at = NULL, attempt = attempt + 1 WHERE id = ? AND left_at IS NOT NULL',
        body,
      );
  }

  /** Within a transaction: takes bodies apart, so that their frames are sealed anew under their old numbers. */
  takeApart(bodies: readonly number[]): void {
    for (const body of bodies) this.#db.run('DELETE FROM bodies WHERE id = ?', body);
  }

  /** Within a transaction: all of a channel. */
  takeAllApart(channel: number): void {
    this.#db.run('DELETE FROM bodies WHERE channel = ?', channel);
  }

  /** As `takeAllApart`, but what carries no kept frame stays: it may tell the other side that it went back in time. */
  takeFramesApart(channel: number): void {
    const sql = 'DELETE FROM bodies WHERE channel = ? AND id IN (SELECT body FROM frames_out WHERE body IS NOT NULL)';
    this.#db.run(sql, channel);
  }

  /** Within a transaction: as `takeFramesApart`, but only what waits to be left and has more bytes of text than this. */
  takeLargeApart(channel: number, bytes: number): void {
    const sql = `DELETE FROM bodies WHERE channel = ? AND left_at IS NULL AND length(body) > ?
      AND id IN (SELECT body FROM frames_out WHERE body IS NOT NULL)`;
    this.#db.run(sql, channel, bytes);
  }

  /** Within a transaction: forgets a body that was left and whose frames are all acknowledged. */
  forgetIfDone(body: number): void {
    const sql = `DELETE FROM bodies WHERE id = ? AND left_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM frames_out WHERE body = bodies.id)`;
    this.#db.run(sql, body);
  }
}

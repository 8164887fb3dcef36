/**
 * The inbox: which bodies were dealt with, how far each stream of the others has come, and the frames that came before
 * their turn.
 */
import type { Vault } from '../crypto/vault.ts';
import type { KeptFrame } from '../protocol/frames.ts';
import { type Acknowledgement, gaps, type Range, toRanges } from '../protocol/ranges.ts';
import type { MemberId } from '../protocol/roles.ts';
import type { Database, Row } from './database.ts';

/** Where a stream stands that has a gap. */
export interface Gap {
  readonly id: number;
  readonly stream: Uint8Array;
  readonly missing: readonly Range[];
  readonly since: number;
  readonly askedAt: number | undefined;
  /** How often it was asked for. */
  readonly asked: number;
}

export interface DueAcknowledgement {
  readonly id: number;
  readonly due: number;
  readonly acknowledgement: Acknowledgement;
}

/** Frames that are ready to be shown, with the row id of their stream. */
export interface Ready {
  readonly stream: number;
  readonly frames: readonly KeptFrame[];
}

interface Taken extends Ready {
  /** Those whose number is past: repeats, or others under a number that was given out twice. */
  readonly past: readonly KeptFrame[];
}

export class Inbox {
  readonly #db: Database;
  readonly #vault: Vault;

  constructor(db: Database, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  isSeen(channel: number, hash: Uint8Array): boolean {
    return this.#db.get('SELECT 1 FROM seen WHERE channel = ? AND hash = ?', channel, hash) !== undefined;
  }

  /** @param stream row id of the stream whose frames the body carried, if it carried any. */
  markSeen(channel: number, hash: Uint8Array, now: number, stream?: number): void {
    const sql = 'INSERT OR IGNORE INTO seen (channel, hash, at, stream) VALUES (?, ?, ?, ?)';
    this.#db.run(sql, channel, hash, now, stream ?? null);
  }

  /** Within a transaction, before the history goes: what came in must not be shown again under another number. */
  rememberReceived(channel: number, now: number): void {
    const sql = `INSERT OR IGNORE INTO seen (channel, hash, at)
      SELECT channel, frame_id, ? FROM messages WHERE channel = ? AND outgoing = 0`;
    this.#db.run(sql, now, channel);
  }

  /** Within a transaction: a body came again. Its sender may not know that its frames are here: it is told once more. */
  noteRepeat(channel: number, hash: Uint8Array): void {
    const sql = `UPDATE streams_in SET acknowledge = acknowledge + 1
      WHERE id = (SELECT stream FROM seen WHERE channel = ? AND hash = ?)`;
    this.#db.run(sql, channel, hash);
  }

  /** Forgets hashes of bodies that no drop holds any more. */
  forgetSeen(channel: number, before: number): void {
    this.#db.run('DELETE FROM seen WHERE channel = ? AND at < ?', channel, before);
  }

  /**
   * Within a transaction: takes in the frames of one packet. Answers those whose turn has come, in order, with what
   * they set free; keeps the ones that came early; sorts out repeats. What was taken is due to be acknowledged.
   */
  accept(channel: number, member: MemberId, stream: Uint8Array, frames: readonly KeptFrame[], now: number): Taken {
    const row = this.#stream(channel, member, stream);
    const id = row.int('id');
    const ready: KeptFrame[] = [];
    const past: KeptFrame[] = [];
    let next = row.int('next_seq');
    let holds = row.optionalInt('gap_since') !== undefined;
    for (const frame of frames) {
      if (frame.seq > next) {
        this.#hold(id, frame);
        holds = true;
      } else if (frame.seq === next) {
        ready.push(frame);
        next++;
        if (holds) next = this.#release(id, next, ready);
      } else {
        past.push(frame);
      }
    }
    this.#advance(id, next, frames.length, holds, now);
    return { stream: id, frames: ready, past };
  }

  /**
   * Within a transaction: these numbers will not come any more. Answers the first run of them that is still awaited and
   * what skipping it sets free; undefined where the stream is past them, or not yet there. What is held is not skipped.
   */
  skip(id: number, range: Range, now: number): { range: Range; ready: Ready } | undefined {
    const next = this.#db.get('SELECT next_seq FROM streams_in WHERE id = ?', id)?.int('next_seq');
    if (next === undefined || next < range.first || next > range.last) return undefined;
    const held = this.#db.get('SELECT min(seq) AS first FROM frames_held WHERE stream = ?', id)?.optionalInt('first');
    const last = Math.min(range.last, (held ?? Number.POSITIVE_INFINITY) - 1);
    const ready: KeptFrame[] = [];
    this.#advance(id, this.#release(id, last + 1, ready), 1, true, now);
    return { range: { first: next, last }, ready: { stream: id, frames: ready } };
  }

  /** The row id of a stream that came in, if any frame of it was ever taken. */
  find(channel: number, stream: Uint8Array): number | undefined {
    return this.#db.get('SELECT id FROM streams_in WHERE channel = ? AND stream = ?', channel, stream)?.int('id');
  }

  /** Within a transaction: the row id of a stream of which nothing has come yet. */
  open(channel: number, member: MemberId, stream: Uint8Array): number {
    return this.#stream(channel, member, stream).int('id');
  }

  /** What is due to be acknowledged. */
  acknowledgements(channel: number): DueAcknowledgement[] {
    return this.#db.all('SELECT * FROM streams_in WHERE channel = ? AND acknowledge > 0', channel).map((row) => ({
      id: row.int('id'),
      due: row.int('acknowledge'),
      acknowledgement: { stream: row.blob('stream'), next: row.int('next_seq'), held: this.#heldRanges(row.int('id')) },
    }));
  }

  /** How far every stream has come. */
  positions(channel: number): Acknowledgement[] {
    return this.#db.all('SELECT * FROM streams_in WHERE channel = ?', channel).map((row) => ({
      stream: row.blob('stream'),
      next: row.int('next_seq'),
      held: this.#heldRanges(row.int('id')),
    }));
  }

  /** Within a transaction: every stream is due to be acknowledged. */
  acknowledgeAll(channel: number): void {
    this.#db.run('UPDATE streams_in SET acknowledge = acknowledge + 1 WHERE channel = ?', channel);
  }

  hasAcknowledgements(channel: number): boolean {
    return this.#db.get('SELECT 1 FROM streams_in WHERE channel = ? AND acknowledge > 0', channel) !== undefined;
  }

  /** Within a transaction: these are on their way. What came in since stays due. */
  markAcknowledged(due: readonly DueAcknowledgement[]): void {
    const sql = 'UPDATE streams_in SET acknowledge = max(0, acknowledge - ?) WHERE id = ?';
    for (const { id, due: count } of due) this.#db.run(sql, count, id);
  }

  gaps(channel: number): Gap[] {
    return this.#db.all('SELECT * FROM streams_in WHERE channel = ? AND gap_since IS NOT NULL', channel).map((row) => ({
      id: row.int('id'),
      stream: row.blob('stream'),
      missing: gaps(row.int('next_seq'), this.#heldRanges(row.int('id'))),
      since: row.int('gap_since'),
      askedAt: row.optionalInt('asked_at'),
      asked: row.int('asked'),
    }));
  }

  markAsked(id: number, now: number): void {
    this.#db.run('UPDATE streams_in SET asked_at = ?, asked = asked + 1 WHERE id = ?', now, id);
  }

  #stream(channel: number, member: MemberId, stream: Uint8Array): Row {
    const sql = `INSERT INTO streams_in (channel, member, stream, next_seq) VALUES (?, ?, ?, 1)
      ON CONFLICT (channel, stream) DO UPDATE SET member = excluded.member RETURNING *`;
    const row = this.#db.get(sql, channel, member, stream);
    if (!row) throw new Error('an insert returned no row');
    return row;
  }

  #advance(id: number, next: number, taken: number, held: boolean, now: number): void {
    const gap = held && this.#db.get('SELECT 1 FROM frames_held WHERE stream = ?', id) !== undefined;
    const sql = `UPDATE streams_in SET
      gap_since = CASE WHEN ?1 = 0 THEN NULL WHEN next_seq = ?2 THEN coalesce(gap_since, ?3) ELSE ?3 END,
      asked_at = CASE WHEN ?1 = 1 AND next_seq = ?2 THEN asked_at END,
      asked = CASE WHEN ?1 = 1 AND next_seq = ?2 THEN asked ELSE 0 END,
      next_seq = ?2, acknowledge = acknowledge + ?4 WHERE id = ?5`;
    this.#db.run(sql, gap ? 1 : 0, next, now, taken, id);
  }

  #hold(stream: number, frame: KeptFrame): void {
    this.#db.run(
      'INSERT OR IGNORE INTO frames_held (stream, seq, id, kind, sent_at, sealed) VALUES (?, ?, ?, ?, ?, ?)',
      stream,
      frame.seq,
      frame.id,
      frame.kind,
      frame.sentAt,
      this.#vault.seal(heldCell(stream, frame.seq), frame.content),
    );
  }

  /** Moves held frames from `next` on to `ready` and answers the number that is awaited then. */
  #release(stream: number, next: number, ready: KeptFrame[]): number {
    let seq = next;
    this.#db.run('DELETE FROM frames_held WHERE stream = ? AND seq < ?', stream, seq);
    for (;;) {
      const row = this.#db.get('DELETE FROM frames_held WHERE stream = ? AND seq = ? RETURNING *', stream, seq);
      if (!row) return seq;
      const content = this.#vault.open(heldCell(stream, seq), row.blob('sealed'));
      ready.push({ seq, id: row.blob('id'), kind: row.int('kind'), sentAt: row.int('sent_at'), content });
      seq++;
    }
  }

  #heldRanges(stream: number): Range[] {
    const rows = this.#db.all('SELECT seq FROM frames_held WHERE stream = ? ORDER BY seq', stream);
    return toRanges(rows.map((row) => row.int('seq')));
  }
}

function heldCell(stream: number, seq: number) {
  return { table: 'frames_held', column: 'sealed', row: `${stream} ${seq}` };
}

/**
 * The outbox: frames until they are acknowledged. A frame without a body (bodies.ts) waits to be packed.
 */
import type { Vault } from '../crypto/vault.ts';
import { controlKinds, isControl, type KeptFrame } from '../protocol/frames.ts';
import { type Acknowledgement, type Range, toRanges } from '../protocol/ranges.ts';
import type { Bodies } from './bodies.ts';
import type { Database, Row } from './database.ts';
import type { StreamsOut } from './streams-out.ts';

interface NewFrame {
  readonly kind: number;
  readonly id: Uint8Array;
  readonly sentAt: number;
  readonly content: Uint8Array;
}

interface Numbered {
  /** Row id of the stream. */
  readonly stream: number;
  readonly seq: number;
}

export interface WaitingFrame extends KeptFrame, Numbered {}

export class Outbox {
  readonly #db: Database;
  readonly #vault: Vault;
  readonly #streams: StreamsOut;
  readonly #bodies: Bodies;

  constructor(db: Database, vault: Vault, streams: StreamsOut, bodies: Bodies) {
    this.#db = db;
    this.#vault = vault;
    this.#streams = streams;
    this.#bodies = bodies;
  }

  /** Within a transaction: numbers frames in the channel's stream and keeps them until they are acknowledged. */
  append(channel: number, frames: readonly NewFrame[]): Numbered[] {
    const stream = this.#streams.current(channel);
    let seq = stream.nextSeq;
    const numbered = frames.map((frame) => {
      const place = { stream: stream.id, seq: seq++ };
      this.#insert(channel, { ...frame, ...place });
      return place;
    });
    this.#streams.setNext(stream.id, seq);
    return numbered;
  }

  /** Within a transaction: a frame that was acknowledged before, under its old number, to be sent once more. */
  putBack(channel: number, frame: WaitingFrame): void {
    this.#insert(channel, frame);
  }

  /**
   * Within a transaction: what is not acknowledged gets new numbers in a new stream. Answers where each frame went, so
   * that the history can follow.
   */
  moveToNewStream(channel: number): { from: Numbered; to: Numbered }[] {
    const frames = this.#db
      .all('SELECT * FROM frames_out WHERE channel = ? ORDER BY stream, seq', channel)
      .map((row) => this.#frame(row));
    this.#bodies.takeFramesApart(channel);
    for (const { stream, seq } of frames) {
      this.#db.run('DELETE FROM frames_out WHERE stream = ? AND seq = ?', stream, seq);
    }
    this.#streams.renew(channel);
    const places = this.append(channel, frames);
    return frames.flatMap(({ stream, seq }, index) => {
      const to = places[index];
      return to ? [{ from: { stream, seq }, to }] : [];
    });
  }

  /** Frames that wait, in order, read one at a time; nothing may be written meanwhile. */
  *waiting(channel: number): Iterable<WaitingFrame> {
    const sql = 'SELECT * FROM frames_out WHERE channel = ? AND body IS NULL ORDER BY stream, seq';
    for (const row of this.#db.each(sql, channel)) yield this.#frame(row);
  }

  hasWaiting(channel: number): boolean {
    return this.#db.get('SELECT 1 FROM frames_out WHERE channel = ? AND body IS NULL', channel) !== undefined;
  }

  /** Whether any frame waits to be packed, left or acknowledged. */
  hasFrames(channel: number): boolean {
    const sql = 'SELECT 1 FROM frames_out WHERE stream IN (SELECT id FROM streams_out WHERE channel = ?)';
    return this.#db.get(sql, channel) !== undefined;
  }

  /** Messages that no drop has yet, and messages that are left and not acknowledged. */
  counts(channel: number): { queued: number; sent: number } {
    const sql = `SELECT count(*) AS total, count(b.left_at) AS sent FROM frames_out f
      LEFT JOIN bodies b ON b.id = f.body WHERE f.stream IN (SELECT id FROM streams_out WHERE channel = ?)
      AND f.kind NOT IN (${controlKinds.join(', ')})`;
    const row = this.#db.get(sql, channel);
    const sent = row?.int('sent') ?? 0;
    return { queued: (row?.int('total') ?? 0) - sent, sent };
  }

  /** The contents of frames of one kind that are not acknowledged yet. */
  contents(channel: number, kind: number): Buffer[] {
    const sql = `SELECT * FROM frames_out
      WHERE kind = ? AND stream IN (SELECT id FROM streams_out WHERE channel = ?)`;
    return this.#db.all(sql, kind, channel).map((row) => this.#vault.open(frameCell(placeOf(row)), row.blob('sealed')));
  }

  /** The bytes of the largest frame that is here; 0 for none. */
  largest(channel: number): number {
    const sql = `SELECT max(size) AS bytes FROM frames_out
      WHERE stream IN (SELECT id FROM streams_out WHERE channel = ?)`;
    return this.#db.get(sql, channel)?.optionalInt('bytes') ?? 0;
  }

  /** Puts a run of waiting frames into a body; false where another process was first. */
  assign(body: number, stream: number, range: Range, count: number): boolean {
    const sql = 'UPDATE frames_out SET body = ? WHERE stream = ? AND seq BETWEEN ? AND ? AND body IS NULL';
    return this.#db.run(sql, body, stream, range.first, range.last).changes === count;
  }

  /** The ids of the kept frames in a body. */
  framesIn(body: number): Buffer[] {
    return this.#db
      .all('SELECT id, kind FROM frames_out WHERE body = ? ORDER BY stream, seq', body)
      .filter((row) => !isControl(row.int('kind')))
      .map((row) => row.blob('id'));
  }

  /** Forgets the frames of a body as an acknowledgement would; for suites that have none. */
  settle(body: number): void {
    this.#db.run('DELETE FROM frames_out WHERE body = ?', body);
  }

  /** Within a transaction: forgets what the other side has, and answers the ids of those frames in order. */
  acknowledge(channel: number, { stream, next, held }: Acknowledgement): Buffer[] {
    const id = this.#streams.find(channel, stream);
    if (id === undefined) return [];
    const ranges: Range[] = [{ first: 0, last: next - 1 }, ...held];
    const gone = ranges.flatMap(({ first, last }) =>
      this.#db.all(
        'DELETE FROM frames_out WHERE stream = ? AND seq BETWEEN ? AND ? RETURNING id, seq, body, kind',
        id,
        first,
        last,
      ),
    );
    for (const body of new Set(gone.map((frame) => frame.optionalInt('body')))) {
      if (body !== undefined) this.#bodies.forgetIfDone(body);
    }
    return gone
      .filter((frame) => !isControl(frame.int('kind')))
      .sort((one, other) => one.int('seq') - other.int('seq'))
      .map((frame) => frame.blob('id'));
  }

  /** The bodies that carry frames of these numbers, and the numbers that are here at all. */
  find(channel: number, stream: Uint8Array, range: Range): { bodies: number[]; present: number[] } {
    const sql = `SELECT seq, body FROM frames_out WHERE seq BETWEEN ? AND ?
      AND stream = (SELECT id FROM streams_out WHERE channel = ? AND stream = ?) ORDER BY seq`;
    const rows = this.#db.all(sql, range.first, range.last, channel, stream);
    const bodies = new Set(rows.flatMap((row) => row.optionalInt('body') ?? []));
    return { bodies: [...bodies], present: rows.map((row) => row.int('seq')) };
  }

  /**
   * The body of the highest number of each stream that was left and is not acknowledged. Whoever receives it knows of
   * all numbers below, and asks for those that are missing.
   */
  unacknowledgedTails(channel: number): { id: number; attempt: number; firstLeftAt: number; leftAt: number }[] {
    return this.#streams.ids(channel).flatMap((stream) => {
      const sql = `SELECT b.id, b.attempt, b.first_left_at, b.left_at FROM frames_out f JOIN bodies b ON b.id = f.body
        WHERE f.stream = ? ORDER BY f.seq DESC LIMIT 1`;
      const row = this.#db.get(sql, stream);
      const leftAt = row?.optionalInt('left_at');
      if (!row || leftAt === undefined) return [];
      const firstLeftAt = row.int('first_left_at');
      return [{ id: row.int('id'), attempt: row.int('attempt'), firstLeftAt, leftAt }];
    });
  }

  /** Within a transaction: gives up what was first left before a time, and answers how many messages that were. */
  giveUp(channel: number, before: number): number {
    return this.#streams.ids(channel).reduce((count, stream) => count + this.#giveUp(stream, before), 0);
  }

  #giveUp(stream: number, before: number): number {
    const newer = `SELECT f.seq FROM frames_out f LEFT JOIN bodies b ON b.id = f.body
      WHERE f.stream = ? AND coalesce(b.first_left_at >= ?, 1) ORDER BY f.seq LIMIT 1`;
    const end = this.#db.get(newer, stream, before)?.int('seq') ?? Number.MAX_SAFE_INTEGER;
    const sql = 'DELETE FROM frames_out WHERE stream = ? AND seq < ? RETURNING seq, body';
    const rows = this.#db.all(sql, stream, end);
    for (const body of new Set(rows.map((row) => row.int('body')))) this.#bodies.forgetIfDone(body);
    for (const { first, last } of toRanges(rows.map((row) => row.int('seq')).sort((one, other) => one - other))) {
      this.#db.run('INSERT INTO given_up (stream, first, last) VALUES (?, ?, ?)', stream, first, last);
    }
    return rows.length;
  }

  #insert(channel: number, frame: NewFrame & Numbered): void {
    this.#db.run(
      'INSERT OR IGNORE INTO frames_out (stream, seq, channel, id, kind, sent_at, size, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      frame.stream,
      frame.seq,
      channel,
      frame.id,
      frame.kind,
      frame.sentAt,
      frame.content.length,
      this.#vault.seal(frameCell(frame), frame.content),
    );
  }

  #frame(row: Row): WaitingFrame {
    const place = placeOf(row);
    return {
      ...place,
      id: row.blob('id'),
      kind: row.int('kind'),
      sentAt: row.int('sent_at'),
      content: this.#vault.open(frameCell(place), row.blob('sealed')),
    };
  }
}

function placeOf(row: Row): Numbered {
  return { stream: row.int('stream'), seq: row.int('seq') };
}

function frameCell({ stream, seq }: Numbered) {
  return { table: 'frames_out', column: 'sealed', row: `${stream} ${seq}` };
}

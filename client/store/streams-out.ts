/** The streams that this home numbers its frames in. A channel's newest is the one in use. */
import { randomBytes } from 'node:crypto';
import { streamBytes } from '../protocol/frames.ts';
import type { Database } from './database.ts';

interface CurrentStream {
  /** Row id. */
  readonly id: number;
  /** On the wire. */
  readonly stream: Buffer;
  readonly nextSeq: number;
}

export class StreamsOut {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The stream in use, which is made if there is none. */
  current(channel: number): CurrentStream {
    const sql = 'SELECT id, stream, next_seq FROM streams_out WHERE channel = ? ORDER BY id DESC LIMIT 1';
    const row = this.#db.get(sql, channel);
    if (row) return { id: row.int('id'), stream: row.blob('stream'), nextSeq: row.int('next_seq') };
    return this.renew(channel);
  }

  /** Another stream for what is numbered from now on. */
  renew(channel: number): CurrentStream {
    const stream = randomBytes(streamBytes);
    const insert = 'INSERT INTO streams_out (channel, stream, next_seq) VALUES (?, ?, 1)';
    return { id: this.#db.run(insert, channel, stream).id, stream, nextSeq: 1 };
  }

  /** The id on the wire of a stream. @param id its row id; absent: the stream in use. */
  wireId(channel: number, id?: number): Buffer {
    if (id === undefined) return this.current(channel).stream;
    return this.#db.get('SELECT stream FROM streams_out WHERE id = ?', id)?.blob('stream') ?? Buffer.alloc(0);
  }

  /** The row id of a stream of ours; undefined for any other, so that an echo of our own is known. */
  find(channel: number, stream: Uint8Array): number | undefined {
    return this.#db.get('SELECT id FROM streams_out WHERE channel = ? AND stream = ?', channel, stream)?.int('id');
  }

  /** The row ids of all streams of a channel. */
  ids(channel: number): number[] {
    return this.#db.all('SELECT id FROM streams_out WHERE channel = ?', channel).map((row) => row.int('id'));
  }

  /** The highest number given out in one of our streams; 0 for none. */
  highest(channel: number, stream: Uint8Array): number {
    const sql = 'SELECT next_seq FROM streams_out WHERE channel = ? AND stream = ?';
    return (this.#db.get(sql, channel, stream)?.int('next_seq') ?? 1) - 1;
  }

  /** Within a transaction: the next number that is given out. */
  setNext(id: number, seq: number): void {
    this.#db.run('UPDATE streams_out SET next_seq = ? WHERE id = ?', seq, id);
  }
}

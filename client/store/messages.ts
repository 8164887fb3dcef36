/** The history: what was said in a channel, in the order in which this home sent or received it. */
import type { Vault } from '../crypto/vault.ts';
import type { Range } from '../protocol/ranges.ts';
import type { Database, Row } from './database.ts';
import { isVisible, never } from './expiry.ts';
import { isAlive } from './leases.ts';

/** How long a claim lasts without being renewed, in milliseconds. */
export const claimTime = 60_000;

/** Every message that was not shown yet, by an index that holds no others. */
const unshown = 'SELECT id, claimed_by, claimed_until FROM messages WHERE channel = ? AND shown = 0 ORDER BY id';

/** `queued`: here. `sent`: a drop has it. `settled`: its frame was acknowledged or needs no acknowledgement. */
type StoredState = 'queued' | 'sent' | 'settled';

/** Row id of a stream, and a number in it. */
interface Place {
  readonly stream: number;
  readonly seq: number;
}

/** A message of mine as its frame was. */
interface SentMessage extends Place {
  readonly id: Buffer;
  readonly kind: number;
  readonly sentAt: number;
  readonly timer: number | undefined;
  readonly content: Buffer;
}

interface NewMessage {
  readonly channel: number;
  readonly frameId: Uint8Array;
  readonly kind: number;
  /** Where it was numbered: row id of the stream and number. Absent for what came in an unframed suite. */
  readonly place?: Place | undefined;
  readonly sentAt: number;
  /** Absent: mine. */
  readonly receivedAt?: number | undefined;
  readonly content: Uint8Array;
  /** Milliseconds: how long it stays, from when it was sent from here or shown here. Absent: no such limit. */
  readonly timer?: number | undefined;
}

export interface Message {
  readonly id: number;
  readonly frameId: Buffer;
  readonly kind: number;
  readonly outgoing: boolean;
  readonly seq: number | undefined;
  readonly sentAt: number;
  readonly receivedAt: number | undefined;
  /** Of mine only. */
  readonly state: StoredState | undefined;
  /** Whether a person has seen it; mine count as seen. */
  readonly shown: boolean;
  readonly timer: number | undefined;
  readonly content: Buffer;
}

/**
 * A message's state follows from the outbox: its frame waits, is left (once or more), or is gone, since it was
 * acknowledged (`settled`: in an unframed suite, since it was left).
 */
const select = `SELECT m.*, CASE
    WHEN m.outgoing = 0 THEN ''
    WHEN f.seq IS NULL THEN CASE
      WHEN EXISTS (SELECT 1 FROM given_up g WHERE g.stream = m.stream AND m.seq BETWEEN g.first AND g.last) THEN 'sent'
      ELSE 'settled' END
    WHEN b.id IS NULL OR (b.left_at IS NULL AND b.attempt = 0) THEN 'queued'
    ELSE 'sent' END AS state
  FROM messages m
  LEFT JOIN frames_out f ON m.outgoing = 1 AND f.stream = m.stream AND f.seq = m.seq
  LEFT JOIN bodies b ON b.id = f.body`;

/** Which part of a history is wanted. */
interface Listing {
  readonly now: number;
  /** What was done with at this time is not there any more. */
  readonly cutoff?: number | undefined;
  /** Only so many of the newest. */
  readonly last?: number | undefined;
}

/** A page of a history: the newest rows before one, or the oldest after one. */
interface PageListing extends Listing {
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly limit: number;
}

export class Messages {
  readonly #db: Database;
  readonly #vault: Vault;

  constructor(db: Database, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  /** Within a transaction. What was received is claimed by this process, which is about to show it, if `claim` says so. */
  add(message: NewMessage, claim: boolean): number {
    const incoming = message.receivedAt !== undefined;
    const sql = `INSERT INTO messages
      (channel, outgoing, frame_id, kind, stream, seq, sent_at, received_at, shown, claimed_by, claimed_until,
       timer, expires_at, sealed)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
    return this.#db.run(
      sql,
      message.channel,
      incoming ? 0 : 1,
      message.frameId,
      message.kind,
      message.place?.stream ?? null,
      message.place?.seq ?? null,
      message.sentAt,
      message.receivedAt ?? null,
      incoming ? 0 : 1,
      incoming && claim ? process.pid : null,
      incoming && claim ? message.receivedAt + claimTime : null,
      message.timer ?? null,
      incoming || message.timer === undefined ? null : message.sentAt + message.timer,
      this.#vault.seal(messageCell(message.frameId), message.content),
    ).id;
  }

  /** A page of a channel's history, oldest first: the newest rows, unless `after` says which are wanted. */
  page(channel: number, { now, cutoff = never, before, after, limit }: PageListing): Message[] {
    const order = after === undefined ? 'DESC' : 'ASC';
    const sql = `${select} WHERE m.channel = ?1 AND ${isVisible} AND m.id > ?4 AND m.id < ?5 ORDER BY m.id ${order} LIMIT ?6`;
    const most = before ?? Number.MAX_SAFE_INTEGER;
    const rows = this.#db.all(sql, channel, cutoff, now, after ?? 0, most, limit).map((row) => this.#message(row));
    return after === undefined ? rows.reverse() : rows;
  }

  /** Those of these rows that are there and visible, in order. */
  some(channel: number, ids: readonly number[], { now, cutoff = never }: Listing): Message[] {
    const sql = `${select} WHERE m.channel = ?1 AND ${isVisible} AND m.id IN (SELECT value FROM json_each(?4)) ORDER BY m.id`;
    return this.#db.all(sql, channel, cutoff, now, JSON.stringify(ids)).map((row) => this.#message(row));
  }

  /** The last row that a channel ever got and still has; 0 where it has none. */
  newest(channel: number): number {
    return this.#db.get('SELECT coalesce(max(id), 0) AS id FROM messages WHERE channel = ?', channel)?.int('id') ?? 0;
  }

  /** How many nobody has seen yet, and the first of them. */
  unshown(channel: number): { count: number; first: number | undefined } {
    const sql = 'SELECT count(*) AS count, min(id) AS first FROM messages WHERE channel = ? AND shown = 0';
    const row = this.#db.get(sql, channel);
    return { count: row?.int('count') ?? 0, first: row?.optionalInt('first') };
  }

  /** Within a transaction: everything up to this row was seen. Answers how many had not been before. */
  markShownUpTo(channel: number, last: number, now: number): number {
    const sql = 'SELECT id FROM messages WHERE channel = ? AND shown = 0 AND id <= ? ORDER BY id';
    const ids = this.#db.all(sql, channel, last).map((row) => row.int('id'));
    this.markShown(ids, now);
    return ids.length;
  }

  hasUnshown(channel: number): boolean {
    return this.#db.get('SELECT 1 FROM messages WHERE channel = ? AND shown = 0', channel) !== undefined;
  }

  /**
   * Within a transaction: claims received messages that nobody has shown or is about to show, the oldest first.
   * @param isOwn tells those that this process claimed before.
   */
  claim(channel: number, now: number, most: number, isOwn: (id: number) => boolean): Message[] {
    const free: Message[] = [];
    for (const row of this.#db.each(unshown, channel)) {
      const holder = row.optionalInt('claimed_by');
      if (holder !== undefined && row.int('claimed_until') > now && isAlive(holder)) continue;
      if (isOwn(row.int('id'))) continue;
      const message = this.#db.get(`${select} WHERE m.id = ?`, row.int('id'));
      if (message) free.push(this.#message(message));
      if (free.length === most) break;
    }
    this.renewClaims(
      free.map(({ id }) => id),
      now,
    );
    return free;
  }

  /** Within a transaction: this process is still about to show them. */
  renewClaims(ids: Iterable<number>, now: number): void {
    const sql = 'UPDATE messages SET claimed_by = ?, claimed_until = ? WHERE id = ? AND shown = 0';
    for (const id of ids) this.#db.run(sql, process.pid, now + claimTime, id);
  }

  /** Within a transaction: these were shown, once and for all. From the first time on their timers run. */
  markShown(ids: readonly number[], now: number): void {
    const sql = `UPDATE messages SET shown = 1, claimed_by = NULL, claimed_until = NULL,
      expires_at = coalesce(expires_at, ? + timer) WHERE id = ?`;
    for (const id of ids) this.#db.run(sql, now, id);
  }

  /** Within a transaction: gives back what this process claimed and did not show. */
  unclaim(ids: readonly number[]): void {
    for (const id of ids) this.#db.run('UPDATE messages SET claimed_by = NULL, claimed_until = NULL WHERE id = ?', id);
  }

  /** The history of a channel, oldest first. */
  *list(channel: number, listing: Listing): Iterable<Message> {
    const { now, cutoff = never } = listing;
    const from = this.#nthNewest(channel, listing) ?? 0;
    const sql = `${select} WHERE m.channel = ?1 AND ${isVisible} AND m.id >= ?4 ORDER BY m.id`;
    for (const row of this.#db.each(sql, channel, cutoff, now, from)) yield this.#message(row);
  }

  /**
   * What was sent from here under these numbers, as far as it is still kept.
   * @param stream row id. @param since milliseconds since 1970.
   */
  findSent(stream: number, { first, last }: Range, since = 0): SentMessage[] {
    const sql = `SELECT * FROM messages m WHERE outgoing = 1 AND stream = ? AND seq BETWEEN ? AND ? AND sent_at >= ?
      AND NOT EXISTS (
      SELECT 1 FROM given_up g WHERE g.stream = m.stream AND m.seq BETWEEN g.first AND g.last) ORDER BY seq`;
    return this.#db.all(sql, stream, first, last, since).map((row) => ({
      stream,
      seq: row.int('seq'),
      id: row.blob('frame_id'),
      kind: row.int('kind'),
      sentAt: row.int('sent_at'),
      timer: row.optionalInt('timer'),
      content: this.#vault.open(messageCell(row.blob('frame_id')), row.blob('sealed')),
    }));
  }

  /** Those of these messages that were sent from here and are still kept. @param ids frame ids in hexadecimal. */
  findMine(channel: number, ids: readonly string[]): { id: string; seq: number | null; sentAt: number }[] {
    const sql = `SELECT lower(hex(frame_id)) AS frame, seq, sent_at FROM messages WHERE channel = ? AND outgoing = 1
      AND lower(hex(frame_id)) IN (SELECT value FROM json_each(?))`;
    return this.#db.all(sql, channel, JSON.stringify(ids)).map((row) => ({
      id: row.text('frame'),
      seq: row.optionalInt('seq') ?? null,
      sentAt: row.int('sent_at'),
    }));
  }

  /** Whether a frame of another member is in the history, whatever number it came under. */
  hasReceived(channel: number, frameId: Uint8Array): boolean {
    const sql = 'SELECT 1 FROM messages WHERE frame_id = ? AND outgoing = 0 AND channel = ?';
    return this.#db.get(sql, frameId, channel) !== undefined;
  }

  /** Within a transaction: a message of mine has another number now. */
  renumber(from: Place, to: Place): void {
    const sql = 'UPDATE messages SET stream = ?, seq = ? WHERE outgoing = 1 AND stream = ? AND seq = ?';
    this.#db.run(sql, to.stream, to.seq, from.stream, from.seq);
  }

  /** Within a transaction. */
  removeAll(channel: number): void {
    this.#db.run('DELETE FROM messages WHERE channel = ?', channel);
  }

  #nthNewest(channel: number, { now, cutoff = never, last }: Listing): number | undefined {
    if (last === undefined) return undefined;
    const sql = `SELECT m.id FROM messages m WHERE m.channel = ?1 AND ${isVisible} ORDER BY m.id DESC LIMIT 1 OFFSET ?4`;
    return this.#db.get(sql, channel, cutoff, now, Math.max(0, last - 1))?.int('id');
  }

  #message(row: Row): Message {
    const frameId = row.blob('frame_id');
    return {
      id: row.int('id'),
      frameId,
      kind: row.int('kind'),
      outgoing: row.int('outgoing') === 1,
      seq: row.optionalInt('seq'),
      sentAt: row.int('sent_at'),
      receivedAt: row.optionalInt('received_at'),
      state: states.get(row.text('state')),
      shown: row.int('shown') === 1,
      timer: row.optionalInt('timer'),
      content: this.#vault.open(messageCell(frameId), row.blob('sealed')),
    };
  }
}

const states = new Map<string, StoredState>([
  ['queued', 'queued'],
  ['sent', 'sent'],
  ['settled', 'settled'],
]);

function messageCell(frameId: Uint8Array) {
  return { table: 'messages', column: 'sealed', row: Buffer.from(frameId).toString('hex') };
}

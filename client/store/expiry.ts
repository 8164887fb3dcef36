/**
 * Which rows of the history are over, and their deletion. Conditions are on a message m, and take their times as
 * parameters: ?2 is the cutoff, what was done with at that time is old; ?3 is the current time. Milliseconds since 1970.
 */
import { frameKinds } from '../protocol/frames.ts';
import type { Database } from './database.ts';

/** A cutoff before all times. */
export const never = -1;

/** It was shown if it came in, and no longer waits in the outbox if it is mine. */
const isDone = `CASE m.outgoing WHEN 0 THEN m.shown = 1
  ELSE NOT EXISTS (SELECT 1 FROM frames_out o WHERE o.stream = m.stream AND o.seq = m.seq) END`;

/** The time at which it came into this home. */
const time = 'coalesce(m.received_at, m.sent_at)';

/** By age. A file is not done with while it can still be fetched from the drop. */
const isOld = `${time} <= ?2 AND ${isDone} AND NOT (m.kind = ${frameKinds.file} AND EXISTS (
  SELECT 1 FROM files a WHERE a.id = m.frame_id AND a.state = 0 AND a.expires_at > ?3))`;

/** Neither its timer nor its age has ended it. */
export const isVisible = `(m.expires_at IS NULL OR m.expires_at > ?3) AND NOT (${isOld})`;

/** What was deleted, for those who have something that belongs to it. */
export interface Removed {
  readonly channel: number;
  readonly outgoing: boolean;
  readonly kind: number;
  readonly frameId: Buffer;
}

/** Whether a timer has run out, in any channel. */
export function hasExpired(db: Database, now: number): boolean {
  return db.get(`SELECT 1 FROM messages m WHERE m.expires_at <= ? AND ${isDone} LIMIT 1`, now) !== undefined;
}

/**
 * Within a transaction: deletes those whose timers have run out, in any channel, `most` of them. One that still waits
 * to be delivered stays until then, since the outbox holds what it says anyway; it is not visible.
 */
export function removeExpired(db: Database, now: number, most: number): Removed[] {
  return remove(db, `SELECT m.id FROM messages m WHERE m.expires_at <= ? AND ${isDone} LIMIT ?`, now, most);
}

/** What is old in a channel: all that came in until the cutoff, with a row id before `end`. */
interface Old {
  readonly channel: number;
  readonly cutoff: number;
  readonly now: number;
  readonly end: number;
}

/**
 * Rows are in the order of their times, so none after the first younger one needs to be looked at. One from a time when
 * the clock was ahead ends nothing.
 */
export function findOld(db: Database, channel: number, cutoff: number, now: number): Old {
  const sql = `SELECT m.id FROM messages m
    WHERE m.channel = ?1 AND ${time} > ?2 AND ${time} <= ?3 AND ?2 < ?3 ORDER BY m.id LIMIT 1`;
  const end = db.get(sql, channel, cutoff, now)?.int('id') ?? Number.MAX_SAFE_INTEGER;
  return { channel, cutoff, now, end };
}

const old = `SELECT m.id FROM messages m WHERE m.channel = ?1 AND ${isOld} AND m.id < ?4 LIMIT ?5`;

/** Whether any of it is done with. */
export function hasOld(db: Database, { channel, cutoff, now, end }: Old): boolean {
  return db.get(old, channel, cutoff, now, end, 1) !== undefined;
}

/**
 * Within a transaction: deletes `most` of it, but nothing that nobody has seen, that still waits to be delivered, or
 * that can still be fetched.
 */
export function removeOld(db: Database, { channel, cutoff, now, end }: Old, most: number): Removed[] {
  return remove(db, old, channel, cutoff, now, end, most);
}

function remove(db: Database, due: string, ...values: number[]): Removed[] {
  const sql = `DELETE FROM messages WHERE id IN (${due}) RETURNING channel, outgoing, kind, frame_id`;
  return db.all(sql, ...values).map((row) => ({
    channel: row.int('channel'),
    outgoing: row.int('outgoing') === 1,
    kind: row.int('kind'),
    frameId: row.blob('frame_id'),
  }));
}

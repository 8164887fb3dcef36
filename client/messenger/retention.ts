/**
 * How long messages stay: timers that travel with them, and the time a home keeps its history. What is due is deleted
 * by `sweep`, and hidden from the moment it is due.
 */
import { randomUUID } from 'node:crypto';
import { suiteNamed } from '../crypto/suites.ts';
import { SecurityError, UsageError } from '../errors.ts';
import { frameKinds, type KeptFrame } from '../protocol/frames.ts';
import { decodeTimed, encodeTimed, isTimer } from '../protocol/timed.ts';
import type { Channel, Retention } from '../store/channels.ts';
import { findOld, hasExpired, hasOld, type Removed, removeExpired, removeOld } from '../store/expiry.ts';
import type { Shown } from './absorb.ts';
import type { Context } from './context.ts';

/** Rows that one transaction deletes, so that other processes of the home need not wait for long. */
const deletePage = 2000;

/** The least time between two looks while sending, in milliseconds. */
const sweepPause = 10_000;

/** What is absent stays as it is. Durations are whole milliseconds. */
export interface RetentionChange {
  readonly history?: number | 'off' | 'forever';
  readonly timer?: number | 'off';
}

/** The settings after a change. What the change does not name stays as it is. */
export function changedRetention({ retention = {} }: Channel, change: RetentionChange): Retention {
  const { history = retention.history, timer = retention.timer } = change;
  const { buddyTimer } = retention;
  return {
    ...(history === undefined || history === 'forever' ? {} : { history }),
    ...(timer === undefined || timer === 'off' ? {} : { timer }),
    ...(buddyTimer === undefined ? {} : { buddyTimer }),
  };
}

/** @throws UsageError: a duration is too short or too long, or the suite carries no timers. */
export function checkRetention(channel: Channel, { history, timer }: RetentionChange): void {
  for (const duration of [history, timer]) {
    if (typeof duration !== 'number' || isTimer(duration)) continue;
    throw new UsageError('Messages stay for a second at least, and for ten years at most.', {
      code: 'bad-duration',
      hint: 'Write a number and a unit: 90s, 10m, 1h, 7d.',
    });
  }
  if (timer === undefined || suiteNamed(channel.suite).framed) return;
  throw new UsageError(`Suite ${channel.suite} of channel ${channel.name} carries no timers.`, {
    code: 'no-timers',
    hint: 'Your own copies can go by themselves: btr channel set --history 1h',
  });
}

/** The timer of what is sent now, in milliseconds. Another process may have set it since `channel` was read. */
export function currentTimer(context: Context, channel: Channel): number | undefined {
  return fresh(context, channel).retention?.timer;
}

/** Messages and files travel with the timer; what else is sent means nothing without them. */
export function withTimer<T extends { readonly kind: number; readonly content: Uint8Array }>(
  frame: T,
  timer: number | undefined,
): T {
  if (timer === undefined || !isMessage(frame.kind)) return frame;
  return { ...frame, kind: frameKinds.timed, content: encodeTimed({ ...frame, timer }) };
}

/** What came with a timer, as it would be without; undefined where that makes no sense. */
export function withoutTimer(frame: KeptFrame): (KeptFrame & { readonly timer?: number }) | undefined {
  if (frame.kind !== frameKinds.timed) return frame;
  try {
    return { ...frame, ...decodeTimed(frame.content) };
  } catch (error) {
    if (error instanceof SecurityError) return undefined;
    throw error;
  }
}

/** Within a transaction: a message came. Where its timer is another than that of the one before, that is said. */
export function noteTimer(
  context: Context,
  channel: Channel,
  { kind, timer }: { readonly kind: number; readonly timer?: number | undefined },
): Shown[] {
  if (!isMessage(kind)) return [];
  const current = fresh(context, channel);
  const { buddyTimer, ...rest } = current.retention ?? {};
  if (timer === buddyTimer) return [];
  const retention = timer === undefined ? rest : { ...rest, buddyTimer: timer };
  context.home.channels.update(current, { retention });
  const vanish = timer === undefined ? 'no longer vanish' : `vanish ${durationWords(timer)} after they are shown`;
  const text = `${channel.name}'s messages ${vanish}.`;
  return [{ event: { type: 'notice', channel: channel.name, code: 'timer', text } }];
}

function isMessage(kind: number): boolean {
  return kind === frameKinds.text || kind === frameKinds.file;
}

function fresh({ home }: Context, channel: Channel): Channel {
  return home.channels.generation(channel.id) === channel.generation ? channel : home.channels.get(channel.id);
}

/** What was shown or delivered and is as old as this is due, by the channel's setting; undefined: nothing is. */
export function historyCutoff({ retention }: Channel, now: number): number | undefined {
  if (retention?.history === undefined) return undefined;
  return retention.history === 'off' ? now : now - retention.history;
}

/**
 * Deletes what is due: by its timer in every channel, by age in this one. Where nothing is, that costs two looks into
 * indexes. What was deleted is gone from the store's files, too, as soon as no other process is just using them.
 */
export function sweep(context: Context, channelId: number): void {
  const { db, channels } = context.home;
  const now = context.now();
  while (hasExpired(db, now)) remove(context, () => removeExpired(db, now, deletePage));
  const cutoff = historyCutoff(channels.get(channelId), now);
  if (cutoff !== undefined) {
    const old = findOld(db, channelId, cutoff, now);
    while (hasOld(db, old)) remove(context, () => removeOld(db, old, deletePage));
  }
  emptyLog(context);
}

/** When this process last swept a channel. */
const sweptAt = new WeakMap<Context, Map<number, number>>();

/** As `sweep`, but not more often than a listener does: each look passes over all that is due and not yet delivered. */
export function sweepNowAndThen(context: Context, channelId: number): void {
  const times = sweptAt.get(context) ?? new Map<number, number>();
  const now = context.now();
  if (Math.abs(now - (times.get(channelId) ?? 0)) < sweepPause) return;
  sweptAt.set(context, times.set(channelId, now));
  sweep(context, channelId);
}

/**
 * The row of a file, with the parcel's key, goes with its message. The ids of what came in are remembered for a while:
 * a sender that went back in time may number it anew and send it again.
 */
function remove(context: Context, work: () => Removed[]): void {
  const { db, files, inbox, settings } = context.home;
  db.transaction(() => {
    const removed = work();
    files.removeOf(removed);
    for (const { channel, outgoing, frameId } of removed) {
      if (!outgoing) inbox.markSeen(channel, frameId, context.now());
    }
    settings.set('deleted', randomUUID());
  });
}

/**
 * The store's log may still hold what was deleted since it was last emptied. Who deletes says so in the store (setting
 * `deleted`), and whoever finds that and is alone for a moment empties the log: a process that ends before it could
 * leaves it to the next.
 */
function emptyLog({ home: { db, settings } }: Context): void {
  const deleted = settings.get('deleted');
  if (!deleted || !db.emptyLog()) return;
  db.transaction(() => {
    // More may have been deleted since.
    if (settings.get('deleted') === deleted) settings.set('deleted', '');
  });
}

const units: readonly (readonly [number, string])[] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
];

/** `1 hour`, `90 minutes`, `1.5 seconds`: in the largest unit that it is a whole number of. */
export function durationWords(milliseconds: number): string {
  const [length, name] = units.find(([unit]) => milliseconds % unit === 0) ?? [1000, 'second'];
  const count = milliseconds / length;
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

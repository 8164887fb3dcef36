/**
 * Keys of invites before the last one. Bodies under them may still come: a reply from somebody who was too late, who is
 * told so, and answers that mean nothing any more.
 */
import type { Channel } from '../../store/channels.ts';
import type { Context } from '../context.ts';
import { bytes, keyOfPairing, type Pairing, text } from './records.ts';

const cellName = 'old-invites';
/** No drop keeps a body for longer. */
const stay = 15 * 24 * 60 * 60 * 1000;
const most = 16;

interface OldInvite {
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How many replies to it were refused. */
  readonly refusals?: number;
}

/** Their keys k0, the newest first. */
export function readOldInvites(context: Context, channel: Pick<Channel, 'id'>): Buffer[] {
  return read(context, channel).map(({ key }) => bytes(key));
}

/** Within a transaction: this one is no longer the last. */
export function keepOldInvite(context: Context, channel: Pick<Channel, 'id'>, pairing: Pairing): void {
  const key = keyOfPairing(pairing);
  if (!key) return;
  const now = context.now();
  const kept = read(context, channel).filter(({ at }) => now - at < stay);
  const refusals = 'refusals' in pairing ? (pairing.refusals ?? 0) : 0;
  context.home.cells.set(channel.id, cellName, [{ key: text(key), at: now, refusals }, ...kept].slice(0, most));
}

/** Within a transaction: one more reply to the invite with this key is refused. Answers how many there were. */
export function countRefusal(context: Context, channel: Pick<Channel, 'id'>, key: Buffer): number {
  const invites = read(context, channel);
  const count = 1 + (invites.find((old) => old.key === text(key))?.refusals ?? 0);
  const counted = invites.map((old) => (old.key === text(key) ? { ...old, refusals: count } : old));
  context.home.cells.set(channel.id, cellName, counted);
  return count;
}

/** Within a transaction: keys whose time is over go. */
export function forgetOldInvites(context: Context, channel: Pick<Channel, 'id'>): void {
  const all = read(context, channel);
  const kept = all.filter(({ at }) => context.now() - at < stay);
  if (kept.length < all.length) context.home.cells.set(channel.id, cellName, kept);
}

function read(context: Context, channel: Pick<Channel, 'id'>): readonly OldInvite[] {
  const value = context.home.cells.get(channel.id, cellName)?.value;
  return Array.isArray(value) ? value : [];
}

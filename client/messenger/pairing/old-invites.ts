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
  context.home.cells.set(channel.id, cellName, [{ key: text(key), at: now }, ...kept].slice(0, most));
}

function read(context: Context, channel: Pick<Channel, 'id'>): readonly OldInvite[] {
  const value = context.home.cells.get(channel.id, cellName)?.value;
  return Array.isArray(value) ? value : [];
}

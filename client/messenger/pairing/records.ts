/** What a home keeps of a pairing: one record a channel, in a sealed cell, that gets poorer as the pairing goes on. */
import { inviteKey } from '../../crypto/pairing-keys.ts';
import type { PrivatePrekeys } from '../../crypto/signal/prekeys.ts';
import type { DropKey } from '../../drops/registry.ts';
import type { RefusalReason } from '../../protocol/pairing.ts';
import type { Channel } from '../../store/channels.ts';
import type { Context } from '../context.ts';

/** Bytes are base64 in all of them. */
interface Common {
  /** The session id: which invite it is. */
  readonly session: string;
}

/** An invite that waits for its reply. Its scalar and its prekeys are erased by whatever ends it. */
export interface OpenInvite extends Common {
  readonly side: 'inviter';
  readonly state: 'open';
  readonly secret: string;
  readonly scalar: string;
  readonly share: string;
  /** SHA-256 of the invite's bytes (ADa). */
  readonly hash: string;
  readonly epoch: number;
  readonly expiresAt: number;
  readonly prekeys: PrivatePrekeys;
  /** Keys made for the buddy: `first` is in the invite, `second` follows inside the session. */
  readonly keys?: {
    /** The tag of the drop that they open; absent: the first, in what an older version wrote. */
    readonly drop?: string;
    readonly first: string;
    readonly second: DropKey;
  };
}

/** So many replies to one invite are answered. */
export const mostRefusals = 16;

/** What is left of an invite: enough to answer another reply to it, and to name the key that is still out there. */
export interface ClosedInvite extends Common {
  readonly side: 'inviter';
  readonly state: 'paired' | 'burned';
  readonly key: string;
  readonly why?: RefusalReason | 'withdrawn';
  /** How many replies to it were refused. */
  readonly refusals?: number;
  /** Ids of access keys that went, or were to go, to somebody who has not joined. */
  readonly liveKeys?: readonly string[];
  /** The tag of the drop that they open; absent: the first. */
  readonly drop?: string;
}

/** Joined, and the inviter's bundle has not come yet. */
export interface Waiting extends Common {
  readonly side: 'joiner';
  readonly state: 'waiting';
  readonly secret: string;
  readonly isk: string;
  readonly share: string;
  /** Our public identity key (ADb). */
  readonly identity: string;
  /** Milliseconds since 1970. */
  readonly joinedAt: number;
  readonly bundleHash: string;
  readonly hash: string;
  readonly epoch: number;
}

interface Replied extends Common {
  readonly side: 'joiner';
  readonly state: 'replied' | 'refused';
  readonly key: string;
  readonly share: string;
  readonly hash: string;
  /** The reply's body: left again as it is while nobody answers. */
  readonly reply: string;
  readonly repliedAt: number;
  /** How often it was left again. */
  readonly attempt: number;
  readonly why?: RefusalReason;
}

interface Confirmed extends Common {
  readonly side: 'joiner';
  readonly state: 'confirmed';
  readonly hash: string;
}

export type Pairing = OpenInvite | ClosedInvite | Waiting | Replied | Confirmed;

const cellName = 'pairing';

export interface StoredPairing {
  readonly pairing: Pairing;
  readonly generation: number;
}

export function readPairing(context: Context, channel: Pick<Channel, 'id'>): StoredPairing | undefined {
  const cell = context.home.cells.get(channel.id, cellName);
  if (!cell) return undefined;
  if (isRecord(cell.value)) return { pairing: cell.value, generation: cell.generation };
  throw new Error('a pairing that is none');
}

/** Within a transaction: false where it is not the one that was read any more. */
export function swapPairing(
  context: Context,
  channel: Pick<Channel, 'id'>,
  read: StoredPairing,
  next: Pairing,
): boolean {
  if (context.home.cells.generation(channel.id, cellName) !== read.generation) return false;
  writePairing(context, channel, next);
  return true;
}

/** Within a transaction. */
export function writePairing(context: Context, channel: Pick<Channel, 'id'>, pairing: Pairing): void {
  context.home.cells.set(channel.id, cellName, pairing);
}

/** Whether a pairing is under way whose end may bring the keys for what can't be opened yet. */
export function isPairing(context: Context, channel: Pick<Channel, 'id'>): boolean {
  const state = readPairing(context, channel)?.pairing.state;
  return state === 'open' || state === 'waiting';
}

/** Joined, and the inviter's bundle has not come yet. */
export function isWaiting(context: Context, channel: Pick<Channel, 'id'>): boolean {
  return readPairing(context, channel)?.pairing.state === 'waiting';
}

/** Somebody may join by an invite of this side. */
export function isInviteOpen(context: Context, channel: Pick<Channel, 'id'>): boolean {
  return readPairing(context, channel)?.pairing.state === 'open';
}

/** k0: what the bodies of this pairing stand under; undefined once there are no more of them. */
export function keyOfPairing(pairing: Pairing): Buffer | undefined {
  if ('key' in pairing) return bytes(pairing.key);
  return 'secret' in pairing ? inviteKey(bytes(pairing.secret)) : undefined;
}

/** The cell is sealed: what opens is what this program wrote. */
function isRecord(value: unknown): value is Pairing {
  return typeof value === 'object' && value !== null && 'side' in value && 'state' in value && 'session' in value;
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

export function bytes(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}

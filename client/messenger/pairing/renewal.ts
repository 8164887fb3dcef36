/**
 * Renewal: each side holds the other's newest renewal bundle, so that either can start a new session with the same
 * person when one of them has lost its state. Own private keys are kept for a while after they were replaced, since
 * the other side may use the old bundle until the new one has come.
 */
import { makePrekeys, type PrivatePrekeys } from '../../crypto/signal/prekeys.ts';
import type { Accepted } from '../../crypto/signal/stores.ts';
import { frameKinds } from '../../protocol/frames.ts';
import type { Channel } from '../../store/channels.ts';
import type { Context } from '../context.ts';
import { appendControl } from '../control.ts';
import { ownIdentity } from './identity.ts';
import { bytes, text } from './records.ts';

const DAY = 24 * 60 * 60 * 1000;
/** A bundle this old is replaced. */
const renewalAge = 7 * DAY;
/** Private keys older than this are erased, but for the newest. */
const renewalStay = 30 * DAY;

interface Renewals {
  /** Newest first. */
  readonly own: readonly PrivatePrekeys[];
  /** The other side's newest bundle, base64. */
  readonly peer?: string;
  /** When this side last found that it went back in time, and when it last told the other that it did. */
  readonly noticedAt?: number;
  readonly toldAt?: number;
}

const cellName = 'renewals';

export function readRenewals(context: Context, channel: Pick<Channel, 'id'>): Renewals {
  const cell = context.home.cells.get(channel.id, cellName);
  return cell && isRenewals(cell.value) ? cell.value : { own: [] };
}

/** Within a transaction. */
export function writeRenewals(context: Context, channel: Pick<Channel, 'id'>, renewals: Renewals): void {
  context.home.cells.set(channel.id, cellName, renewals);
}

/** Within a transaction: the other side's newest bundle. */
export function keepPeerBundle(context: Context, channel: Channel, bundle: Uint8Array): void {
  writeRenewals(context, channel, { ...readRenewals(context, channel), peer: text(bundle) });
}

/** Within a transaction: a session was started with one of our bundles; not twice with the same base key. */
export function noteAccepted(context: Context, channel: Channel, { id, baseKey }: Accepted): void {
  const renewals = readRenewals(context, channel);
  const own = renewals.own.map((one) => (one.id === id ? { ...one, used: [...one.used, baseKey] } : one));
  writeRenewals(context, channel, { ...renewals, own });
}

export function peerBundle(context: Context, channel: Channel): Buffer | undefined {
  const { peer } = readRenewals(context, channel);
  return peer === undefined ? undefined : bytes(peer);
}

/** Replaces our bundle when it has its age, and erases what nobody can use any more. */
export async function mindRenewal(context: Context, channel: Channel): Promise<void> {
  const [newest] = readRenewals(context, channel).own;
  if (!newest || channel.unconfirmed || context.now() - newest.madeAt < renewalAge) return;
  const made = await makePrekeys(await ownIdentity(context), 'renewal', context.now());
  context.home.db.transaction(() => {
    const renewals = readRenewals(context, channel);
    if (renewals.own[0]?.id !== newest.id) return;
    const young = renewals.own.filter(({ madeAt }) => context.now() - madeAt < renewalStay);
    writeRenewals(context, channel, { ...renewals, own: [made.secret, ...(young.length > 0 ? young : [newest])] });
    appendControl(context, channel, frameKinds.renewal, made.bundle);
  });
}

function isRenewals(value: unknown): value is Renewals {
  return typeof value === 'object' && value !== null && 'own' in value && Array.isArray(value.own);
}

/**
 * Delivering: rounds of packing what waits, committing it, leaving it, and marking it as left. One process at a time
 * does a channel's round; while its bodies are in flight, later frames wait and are packed together in the next one.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { suiteNamed } from '../crypto/suites.ts';
import type { CallOptions, Drop, Letter } from '../drops/drop.ts';
import type { StoredBody } from '../store/bodies.ts';
import type { Channel } from '../store/channels.ts';
import type { Lease } from '../store/leases.ts';
import type { Shown } from './absorb.ts';
import { type Context, parcelsOf } from './context.ts';
import { commitPacked, pack } from './pack.ts';
import { giveUpJoining, healRestored } from './restored.ts';
import { maySeal } from './session.ts';

/** How long to wait for another process of this home that is just leaving something, in milliseconds. */
const busyPause = 15;

/** The largest part in which an oversized envelope is put into the parcel store, in bytes. */
const objectPartBytes = 8 * 1024 * 1024;

export interface DeliverOptions {
  readonly signal?: AbortSignal | undefined;
  /** Also send acknowledgements that would otherwise wait for something to ride on. */
  readonly acknowledge?: boolean;
  /** Hears what the user should know. */
  readonly onNotice?: ((notice: Shown) => void) | undefined;
  /** Hears the ids of frames as a drop has them. */
  readonly onSent?: ((ids: readonly Uint8Array[]) => void) | undefined;
}

/**
 * Leaves everything that waits. After a rejection everything is still in the outbox, and the same bodies go next time.
 * @throws DropError, or the signal's reason.
 */
export async function deliver(context: Context, channelId: number, options: DeliverOptions = {}): Promise<void> {
  for (;;) {
    options.signal?.throwIfAborted();
    const channel = context.home.channels.get(channelId);
    if (channel.restored === 'noticed') {
      for (const notice of healRestored(context, channelId)) options.onNotice?.(notice);
      continue;
    }
    const outcome = hasWork(context, channel, options) ? await round(context, channel, options) : 'idle';
    if (outcome === 'idle') return;
    if (outcome === 'busy') await sleep(busyPause, undefined, options.signal ? { signal: options.signal } : {});
  }
}

/** Without a session to seal with, frames wait; bodies that are sealed already still go. */
export function hasWork(context: Context, channel: Channel, { acknowledge }: DeliverOptions): boolean {
  const { bodies, outbox, inbox, passing } = context.home;
  if (bodies.isWaiting(channel.id)) return true;
  if (!maySeal(channel)) return false;
  if (outbox.hasWaiting(channel.id) || passing.isWaiting(channel.id)) return true;
  return acknowledge === true && inbox.hasAcknowledgements(channel.id);
}

/** One round. `busy`: another process is at it, or changed what this one had read; `idle`: nothing waits. */
async function round(context: Context, channel: Channel, options: DeliverOptions): Promise<'left' | 'busy' | 'idle'> {
  const drop = await context.drop(channel);
  const { home } = context;
  const name = `deliver ${channel.id}`;
  if (home.leases.isTaken(name, context.now())) return 'busy';
  // Bodies that a failure left behind go first; what came since waits, and is packed together.
  const packed = home.bodies.isWaiting(channel.id)
    ? undefined
    : await pack(context, channel, drop, options.acknowledge ?? false);
  if (packed === 'unanswered') {
    options.onNotice?.(giveUpJoining(context, channel));
    return 'idle';
  }
  const taken = home.db.attempt(() => {
    // What waits may be for another drop by now.
    if (home.channels.generation(channel.id) !== channel.generation) return undefined;
    const lease = home.leases.take(name, context.now());
    if (!lease || (packed && !commitPacked(context, packed))) return undefined;
    return { lease, bodies: batch(drop, home.bodies.toLeave(channel.id, drop.limits.batchBodies)) };
  });
  if (!taken) return 'busy';
  const { lease, bodies } = taken;
  try {
    if (bodies.length > 0) await leave(channel, drop, bodies, options.signal);
  } catch (error) {
    home.leases.release(lease);
    throw error;
  }
  settle(context, channel, bodies, lease, options);
  return bodies.length > 0 ? 'left' : 'idle';
}

/** As many of the oldest bodies as one batch of the drop holds. */
function batch(drop: Drop, bodies: readonly StoredBody[]): StoredBody[] {
  let bytes = 0;
  const end = bodies.findIndex(({ body }) => {
    bytes += body.length;
    return bytes > drop.limits.batchBytes;
  });
  return bodies.slice(0, end === -1 ? bodies.length : Math.max(1, end));
}

async function leave(channel: Channel, drop: Drop, bodies: readonly StoredBody[], signal: AbortSignal | undefined) {
  const options = signal ? { signal } : {};
  for (const stored of bodies) if (stored.object) await putObject(drop, stored.object, stored.everywhere, options);
  await drop.leave(
    bodies.map((body) => letterOf(channel, body)),
    options,
  );
}

export function letterOf(
  channel: Channel,
  { body, attempt, everywhere }: Pick<StoredBody, 'body' | 'attempt' | 'everywhere'>,
): Letter {
  const letter = { to: 'all', body, everywhere } as const;
  return suiteNamed(channel.suite).framed ? { ...letter, deduplicationId: deduplicationId(body, attempt) } : letter;
}

/** The same for every try to leave a body; another one when it is left again, so that the drop takes it for new. */
function deduplicationId(body: string, times: number): string {
  const hash = createHash('sha256').update(body);
  if (times > 0) hash.update(` ${times}`);
  return hash.digest('base64url');
}

async function putObject(
  drop: Drop,
  { key, bytes }: NonNullable<StoredBody['object']>,
  everywhere: boolean,
  options: CallOptions,
): Promise<void> {
  const parcels = parcelsOf(drop);
  const ticket = await parcels.create(key, { ...options, everywhere });
  const receipts: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += objectPartBytes) {
    const pieces = [bytes.subarray(offset, offset + objectPartBytes)];
    receipts.push(await parcels.putPart(key, ticket, { number: receipts.length + 1, offset, pieces }, options));
  }
  await parcels.complete(key, ticket, receipts, options);
}

function settle(
  context: Context,
  channel: Channel,
  left: readonly StoredBody[],
  lease: Lease,
  options: DeliverOptions,
) {
  const { bodies, outbox, leases, db } = context.home;
  const { framed } = suiteNamed(channel.suite);
  const sent: Uint8Array[] = [];
  db.transaction(() => {
    for (const { id, attempt: times } of left) {
      if (options.onSent && times === 0) sent.push(...outbox.framesIn(id));
      if (!framed) outbox.settle(id);
    }
    bodies.markLeft(left, context.now());
    leases.release(lease);
  });
  if (sent.length > 0) options.onSent?.(sent);
}

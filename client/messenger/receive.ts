/**
 * Receiving: take a batch, open it, commit {session states, frames, hashes of the bodies} in one transaction, and only
 * then remove it from the drop. What can't be opened is kept in quarantine and removed, so one bad body never blocks a
 * channel.
 */
import { createHash } from 'node:crypto';
import type { Delivery, Drop } from '../drops/drop.ts';
import { DropError, SecurityError } from '../errors.ts';
import type { Channel } from '../store/channels.ts';
import type { Shown } from './absorb.ts';
import { commit, type Examined, type Outcome } from './commit.ts';
import type { Context } from './context.ts';
import { openBody, type SessionStates } from './open.ts';
import { isPairing, isWaiting } from './pairing/records.ts';
import type { Step } from './pairing/step.ts';
import { rowsOf } from './screen.ts';

/** A body that came before the pairing that brings its keys: it waits in quarantine, and nobody needs to be told. */
const early = 'early';

export interface Received {
  readonly shown: readonly Shown[];
  /** The reasons of bodies that went to quarantine. */
  readonly refused: readonly string[];
  /** Why bodies stay in the drop: what their large messages lie in could not be fetched. */
  readonly troubles: readonly DropError[];
  /** Gives back or removes what was taken from the drop; call it once what is shown is on its way. */
  readonly settle: () => Promise<void>;
}

/** Deals with one batch of deliveries. A rejection leaves all of them in the drop. */
export async function receiveBatch(
  context: Context,
  channelId: number,
  drop: Drop,
  deliveries: readonly Delivery[],
  signal: AbortSignal | undefined,
): Promise<Received> {
  const { examined, ...absorbed } = await absorbBodies(
    context,
    channelId,
    drop,
    deliveries.map(({ body }) => body),
    signal,
  );
  const opened = absorbed.opensMore ? await retryQuarantine(context, channelId, drop) : [];
  const shown = [...absorbed.shown, ...opened];
  context.claims.hold(rowsOf(shown));
  const settle = async () => {
    const stays = examined.map(({ outcome }) => outcome.kind === 'stays');
    await Promise.all(deliveries.map((delivery, index) => (stays[index] ? delivery.later() : delivery.done())));
  };
  const refused = examined.flatMap(({ outcome }) => (isTold(outcome) ? [outcome.reason] : []));
  const troubles = examined.flatMap(({ outcome }) => (outcome.kind === 'stays' ? [outcome.error] : []));
  return { shown, refused, troubles, settle };
}

function isTold(outcome: Outcome): outcome is Outcome & { kind: 'refused' } {
  return outcome.kind === 'refused' && outcome.reason !== early;
}

/**
 * What came too early and was left: since the process that paired was killed, or since a listener took the other half
 * of an invite out of the drop before it was joined.
 */
export async function retryEarly(context: Context, channelId: number): Promise<Shown[]> {
  const channel = context.home.channels.get(channelId);
  const { quarantine } = context.home;
  const isDue = isWaiting(context, channel)
    ? quarantine.has(channelId, 'unopened') || quarantine.has(channelId, early)
    : quarantine.has(channelId, early) && !isPairing(context, channel);
  return isDue ? retryQuarantine(context, channelId, await context.drop(channel)) : [];
}

/** Opens what is in quarantine once more, after keys changed. Answers the events of what could be opened now. */
export async function retryQuarantine(context: Context, channelId: number, drop: Drop): Promise<Shown[]> {
  const { quarantine } = context.home;
  const shown: (readonly Shown[])[] = [];
  for (const id of quarantine.ids(channelId)) {
    const body = quarantine.get(id);
    if (body === undefined) continue;
    const result = await absorbBodies(context, channelId, drop, [body], undefined);
    shown.push(result.shown);
  }
  return shown.flat();
}

interface Absorbed {
  readonly examined: readonly Examined[];
  readonly shown: readonly Shown[];
  /** Keys came with it: what is in quarantine may open now. */
  readonly opensMore: boolean;
}

/** Opens and commits all: in several goes where a step of a pairing changes what the rest is opened with. */
async function absorbBodies(
  context: Context,
  channelId: number,
  drop: Drop,
  bodies: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Absorbed> {
  const goes: Absorbed[] = [];
  for (let done = 0; done < bodies.length; ) {
    const go = await absorbSome(context, channelId, drop, bodies.slice(done), signal);
    goes.push(go);
    done += go.examined.length;
  }
  return {
    examined: goes.flatMap(({ examined }) => examined),
    shown: goes.flatMap(({ shown }) => shown),
    opensMore: goes.some(({ opensMore }) => opensMore),
  };
}

/** When another process changed what was read meanwhile, does it again. */
async function absorbSome(
  context: Context,
  channelId: number,
  drop: Drop,
  bodies: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Absorbed> {
  for (;;) {
    signal?.throwIfAborted();
    const channel = context.home.channels.get(channelId);
    const states: SessionStates = new Map();
    const examined: Examined[] = [];
    for (const body of bodies) {
      // The same body twice in a batch: a ratchet would take the second for a key used twice.
      const isAgain = examined.some((other) => other.body === body && other.outcome.kind === 'opened');
      const one = isAgain ? repeated(body) : await examine(context, channel, drop, body, states, signal);
      // A step is committed by itself: what comes before it may change what it rests on.
      if (stepOf(one) && examined.length > 0) break;
      examined.push(one);
      if (stepOf(one)) break;
    }
    const shown = context.home.db.attempt(() => commit(context, channel, examined, states));
    if (shown) return { examined, shown, opensMore: examined.some((one) => stepOf(one)?.opensMore) };
  }
}

function stepOf({ outcome }: Examined): Step | undefined {
  return outcome.kind === 'opened' && 'step' in outcome.content ? outcome.content.step : undefined;
}

function repeated(body: string): Examined {
  return { body, hash: hashOf(body), outcome: { kind: 'repeat' } };
}

/** What a body is known by. */
export function hashOf(body: string): Buffer {
  return createHash('sha256').update(body).digest();
}

async function examine(
  context: Context,
  channel: Channel,
  drop: Drop,
  body: string,
  states: SessionStates,
  signal: AbortSignal | undefined,
): Promise<Examined> {
  const hash = hashOf(body);
  if (context.home.inbox.isSeen(channel.id, hash)) return repeated(body);
  try {
    const content = await openBody(context, channel, drop, body, states, signal);
    return { body, hash, outcome: { kind: 'opened', content } };
  } catch (error) {
    // Its keys are gone for good, and what it carries is not acknowledged: that comes again, sealed anew.
    if (error instanceof SecurityError && error.code === 'late') return repeated(body);
    if (error instanceof SecurityError) {
      const isEarly = error.code === 'unopened' && isPairing(context, channel);
      return { body, hash, outcome: { kind: 'refused', reason: isEarly ? early : error.code } };
    }
    if (error instanceof DropError && error.code === 'no-such-parcel') {
      return { body, hash, outcome: { kind: 'refused', reason: error.code } };
    }
    if (error instanceof DropError) return { body, hash, outcome: { kind: 'stays', error } };
    throw error;
  }
}

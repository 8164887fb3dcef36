/**
 * Listening: shows what was received and not yet shown, collects what comes, and keeps a channel going meanwhile
 * (acknowledgements, what other processes of this home left behind, gaps).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Drop } from '../drops/drop.ts';
import { Mailbox } from '../drops/mailbox.ts';
import type { Channel } from '../store/channels.ts';
import type { Shown } from './absorb.ts';
import { collect, isOutdated, settle } from './collect.ts';
import type { Context } from './context.ts';
import { deliver } from './deliver.ts';
import { mindDrops } from './drops/mind.ts';
import { doDuties, expireFiles } from './duties.ts';
import type { ChannelEvent } from './events.ts';
import { eventsOf, notice, sentEvents } from './notices.ts';
import { mindPairing } from './pairing/upkeep.ts';
import { receiveBatch, retryEarly } from './receive.ts';
import { healRestored } from './restored.ts';
import { Screen } from './screen.ts';
import { upkeep } from './upkeep.ts';

/** How long giving back may take when listening ends, in milliseconds. */
const partingTime = 2000;

export interface ListenOptions {
  /** True: until the signal aborts. False: what is there, then acknowledge and end. */
  readonly wait: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Messages and files are received as ever, but left for another listener to show. */
  readonly statusOnly?: boolean;
}

/**
 * The events of a channel. A message counts as shown once the next event is asked for, or the loop is left (but not
 * when an error is thrown into the iteration); what was received and not shown comes first the next time.
 * @throws DropError that waiting would not mend.
 */
export async function* listen(
  context: Context,
  channelId: number,
  options: ListenOptions,
): AsyncGenerator<ChannelEvent> {
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const screen = new Screen(context, channelId, options.statusOnly ?? false, signal);
  try {
    yield* screen.show(healRestored(context, channelId));
    yield* screen.show(await retryEarly(context, channelId));
    for (let unshown = screen.claim(); unshown.length > 0; unshown = screen.claim()) {
      yield* screen.show(unshown);
      signal.throwIfAborted();
    }
    if (options.wait) yield* follow(context, channelId, screen, signal);
    else yield* takeWhatIsThere(context, channelId, screen, signal);
  } catch (error) {
    if (!options.signal?.aborted) throw error;
  } finally {
    stop.abort();
  }
}

async function* takeWhatIsThere(
  context: Context,
  channelId: number,
  screen: Screen,
  signal: AbortSignal,
): AsyncGenerator<ChannelEvent> {
  let channel = context.home.channels.get(channelId);
  for (;;) {
    const drop = await context.drop(channel);
    const troubles: Shown[] = [];
    context.onTrouble(channel, (error) => troubles.push(notice(channel, error)));
    try {
      yield* takeAll(context, channel, drop, drop, screen, signal);
    } finally {
      context.onTrouble(channel, undefined);
    }
    yield* screen.show(troubles);
    yield* screen.show(await mindDrops(context, channelId));
    // Something may wait in a drop that the buddy just named.
    if (!isOutdated(context, channel)) break;
    channel = context.home.channels.get(channelId);
  }
  yield* screen.show(upkeep(context, channelId));
  yield* screen.show(await expireFiles(context, channel, signal));
  yield* screen.show(await mindPairing(context, channel));
  const sent: Shown[] = [];
  const onSent = (ids: readonly Uint8Array[]) => sent.push(...sentEvents(channel, ids));
  const onNotice = (shown: Shown) => sent.push(shown);
  await deliver(context, channelId, { acknowledge: channel.receipts, signal, onSent, onNotice });
  yield* screen.show(sent);
}

/** @param place what waits there is taken. @param drop the channel's: what a body points to may lie in any part of it. */
async function* takeAll(
  context: Context,
  channel: Channel,
  place: Drop,
  drop: Drop,
  screen: Screen,
  signal: AbortSignal,
): AsyncGenerator<ChannelEvent> {
  for await (const deliveries of place.collect({ wait: false, signal })) {
    const received = await receiveBatch(context, channel.id, drop, deliveries, signal);
    const settled = settle(channel, received);
    yield* screen.show(eventsOf(channel, received));
    yield* screen.show(await settled);
    signal.throwIfAborted();
    // What stays in the drop would be collected again at once.
    if (received.troubles.length > 0) break;
  }
}

/** Takes what waits in one of a channel's drops; messages and files are left for a listener to show. @throws DropError. */
export async function* drain(
  context: Context,
  channelId: number,
  place: Drop,
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<ChannelEvent> {
  const screen = new Screen(context, channelId, true, signal);
  const channel = context.home.channels.get(channelId);
  yield* takeAll(context, channel, place, await context.drop(channel), screen, signal);
}

/** Collecting and duties run side by side; both put what follows into one mailbox. */
async function* follow(
  context: Context,
  channelId: number,
  screen: Screen,
  outer: AbortSignal,
): AsyncGenerator<ChannelEvent> {
  const stop = new AbortController();
  const signal = AbortSignal.any([outer, stop.signal]);
  const mailbox = new Mailbox<readonly Shown[]>();
  const fail = (error: unknown) => mailbox.fail(error);
  const abort = () => fail(outer.reason);
  outer.addEventListener('abort', abort);
  if (outer.aborted) abort();
  const tasks = [collect(context, channelId, mailbox, signal), doDuties(context, channelId, screen, mailbox, signal)];
  for (const task of tasks) task.catch(fail);
  try {
    for await (const shown of mailbox.consume()) yield* screen.show(shown);
  } finally {
    outer.removeEventListener('abort', abort);
    stop.abort();
    // What was taken and not dealt with is given back, but no drop may hold up the end for long.
    await Promise.race([Promise.allSettled(tasks), sleep(partingTime, undefined, { ref: false })]);
    screen.release(mailbox.leftovers().flat());
  }
}

/**
 * Listening: shows what was received and not yet shown, collects what comes, and keeps a channel going meanwhile
 * (acknowledgements, what other processes of this home left behind, gaps).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Drop } from '../drops/drop.ts';
import { DropError } from '../errors.ts';
import type { Channel } from '../store/channels.ts';
import type { Shown } from './absorb.ts';
import type { Context } from './context.ts';
import { deliver } from './deliver.ts';
import type { ChannelEvent } from './events.ts';
import { Mailbox } from './mailbox.ts';
import { refusalNotices } from './notices.ts';
import { type Received, receiveBatch } from './receive.ts';
import { Screen } from './screen.ts';
import { upkeep } from './upkeep.ts';

/** How often to look whether another process of this home changed anything, in milliseconds. */
const tick = 250;
/** How long an acknowledgement waits for something to ride on, in milliseconds. */
export const acknowledgementDelay = 1000;
const upkeepPause = 10_000;
const troublePause = 15_000;
/** The pause after a first failure of collecting; it doubles up to `troublePause`. */
const firstTroublePause = 250;
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
  const channel = context.home.channels.get(channelId);
  const drop = await context.drop(channel);
  for await (const deliveries of drop.collect({ wait: false, signal })) {
    const received = await receiveBatch(context, channelId, drop, deliveries, signal);
    const settled = settle(channel, received);
    yield* screen.show(eventsOf(channel, received));
    yield* screen.show(await settled);
    signal.throwIfAborted();
    // What stays in the drop would be collected again at once.
    if (received.troubles.length > 0) break;
  }
  yield* screen.show(upkeep(context, channelId));
  const sent: Shown[] = [];
  const onSent = (ids: readonly Uint8Array[]) => sent.push(...sentEvents(channel, ids));
  await deliver(context, channelId, { acknowledge: channel.receipts, signal, onSent });
  yield* screen.show(sent);
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

/**
 * Collects for ever; opens the drop anew when the channel took another role or drop meanwhile, and begins again after
 * failures that may pass.
 */
async function collect(context: Context, channelId: number, mailbox: Mailbox<readonly Shown[]>, signal: AbortSignal) {
  const troubles = new Troubles(signal);
  while (!signal.aborted) {
    const channel = context.home.channels.get(channelId);
    const drop = await context.drop(channel);
    context.onTrouble(channel, (error) => void mailbox.put([notice(channel, error)]));
    const changed = new AbortController();
    const watch = watchSettings(context, channel, changed, signal);
    try {
      const until = AbortSignal.any([signal, changed.signal]);
      for await (const deliveries of drop.collect({ wait: true, signal: until })) {
        if (isOutdated(context, channel)) {
          await Promise.all(deliveries.map((delivery) => delivery.later()));
          break;
        }
        await takeBatch(context, channel, drop, deliveries, mailbox, troubles, signal);
      }
    } catch (error) {
      if (signal.aborted) throw error;
      if (!changed.signal.aborted) await troubles.outlast(error, (known) => mailbox.put([notice(channel, known)]));
    } finally {
      clearInterval(watch);
      context.onTrouble(channel, undefined);
    }
  }
}

async function takeBatch(
  context: Context,
  channel: Channel,
  drop: Drop,
  deliveries: Parameters<typeof receiveBatch>[3],
  mailbox: Mailbox<readonly Shown[]>,
  troubles: Troubles,
  signal: AbortSignal,
): Promise<void> {
  const received = await receiveBatch(context, channel.id, drop, deliveries, signal);
  // Removing from the drop goes on while people read: both are behind the commit.
  const settled = settle(channel, received);
  await mailbox.put(eventsOf(context.home.channels.get(channel.id), received));
  await mailbox.put(await settled);
  if (received.troubles.length > 0) await troubles.pause();
  else troubles.passed();
}

/** Trouble with removing is said and no more: what came is committed, and a repeat of it is dropped. */
function settle(channel: Channel, received: Received): Promise<Shown[]> {
  return received.settle().then(
    () => [],
    (error: unknown) => {
      if (error instanceof DropError) return [notice(channel, error)];
      throw error;
    },
  );
}

/** Failures in a row, with growing pauses. */
class Troubles {
  readonly #signal: AbortSignal;
  #count = 0;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  passed(): void {
    this.#count = 0;
  }

  pause(): Promise<void> {
    const pause = Math.min(firstTroublePause * 2 ** this.#count++, troublePause);
    return sleep(pause, undefined, { signal: this.#signal });
  }

  /** Waits after a failure that may pass, and says the first of a row. @throws any other. */
  async outlast(error: unknown, say: (error: DropError) => Promise<void>): Promise<void> {
    if (!(error instanceof DropError) || !error.retryable) throw error;
    if (this.#count === 0) await say(error);
    await this.pause();
  }
}

/** Whether what matters to the drop has changed since it was opened: another process may have swapped roles. */
function isOutdated(context: Context, channel: Channel): boolean {
  const generation = context.home.channels.generation(channel.id);
  if (generation === channel.generation) return false;
  if (generation === undefined) return true;
  const { role, suite, drop } = context.home.channels.get(channel.id);
  return role !== channel.role || suite !== channel.suite || JSON.stringify(drop) !== JSON.stringify(channel.drop);
}

function watchSettings(context: Context, channel: Channel, changed: AbortController, signal: AbortSignal) {
  return setInterval(() => {
    if (!signal.aborted && isOutdated(context, channel)) changed.abort();
  }, tick);
}

/** Sends acknowledgements when nothing came for them to ride on, and what other processes left in the outbox. */
async function doDuties(
  context: Context,
  channelId: number,
  screen: Screen,
  mailbox: Mailbox<readonly Shown[]>,
  signal: AbortSignal,
) {
  const { home } = context;
  let version = -1;
  let upkeepAt = 0;
  let acknowledgeAt: number | undefined;
  let pauseUntil = 0;
  for (;;) {
    const channel = home.channels.get(channelId);
    const now = Date.now();
    const isDue = now >= upkeepAt;
    // A process that was killed changes nothing: what it had claimed is found by looking now and then.
    if (isDue || home.db.dataVersion() !== version) {
      version = home.db.dataVersion();
      const unshown = screen.claim();
      if (unshown.length > 0) await mailbox.put(unshown);
    }
    if (isDue) {
      upkeepAt = now + upkeepPause;
      await mailbox.put(upkeep(context, channelId));
    }
    if (!home.inbox.hasAcknowledgements(channelId)) acknowledgeAt = undefined;
    else acknowledgeAt ??= now + acknowledgementDelay;
    const acknowledge = channel.receipts && acknowledgeAt !== undefined && now >= acknowledgeAt;
    if (now >= pauseUntil && (acknowledge || home.outbox.hasWork(channelId) || home.passing.isWaiting(channelId))) {
      pauseUntil = await deliverQuietly(context, channel, acknowledge, mailbox, signal);
    }
    await sleep(tick, undefined, { signal });
  }
}

/** Answers when to try again: what waits is safe in the outbox, so trouble is said and no reason to stop. */
async function deliverQuietly(
  context: Context,
  channel: Channel,
  acknowledge: boolean,
  mailbox: Mailbox<readonly Shown[]>,
  signal: AbortSignal,
): Promise<number> {
  const sent: Shown[] = [];
  const onSent = (ids: readonly Uint8Array[]) => sent.push(...sentEvents(channel, ids));
  try {
    await deliver(context, channel.id, { acknowledge, signal, onSent });
    return 0;
  } catch (error) {
    if (!(error instanceof DropError)) throw error;
    await mailbox.put([notice(channel, error)]);
    return Date.now() + troublePause;
  } finally {
    if (sent.length > 0) await mailbox.put(sent);
  }
}

function eventsOf(channel: Channel, { shown, refused, troubles }: Received): Shown[] {
  const said = troubles.slice(0, 1).map((error) => notice(channel, error));
  return [...shown, ...refusalNotices(channel, refused).map((event) => ({ event })), ...said];
}

function sentEvents(channel: Channel, ids: readonly Uint8Array[]): Shown[] {
  return ids.map((id) => ({
    event: { type: 'status', channel: channel.name, id: Buffer.from(id).toString('hex'), state: 'sent' },
  }));
}

function notice(channel: Channel, error: DropError): Shown {
  const text = error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
  return { event: { type: 'notice', channel: channel.name, code: error.code, text } };
}

/** Collecting while listening: batch after batch, over changes of the channel and failures of the drop. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery, Drop } from '../drops/drop.ts';
import type { Mailbox } from '../drops/mailbox.ts';
import { DropError } from '../errors.ts';
import type { Channel } from '../store/channels.ts';
import type { Shown } from './absorb.ts';
import { type Context, placeOf } from './context.ts';
import { mindDrops } from './drops/mind.ts';
import { eventsOf, notice } from './notices.ts';
import { type Received, receiveBatch } from './receive.ts';

/** How often to look whether another process of this home changed the channel, in milliseconds. */
const tick = 250;
/** The longest pause after a failure, in milliseconds. */
export const troublePause = 15_000;
/** The pause after a first failure; it doubles up to `troublePause`. */
const firstTroublePause = 250;

/**
 * Collects for ever; opens the drop anew when the channel took another role or drop meanwhile, and begins again after
 * failures that may pass.
 */
export async function collect(
  context: Context,
  channelId: number,
  mailbox: Mailbox<readonly Shown[]>,
  signal: AbortSignal,
) {
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
  deliveries: readonly Delivery[],
  mailbox: Mailbox<readonly Shown[]>,
  troubles: Troubles,
  signal: AbortSignal,
): Promise<void> {
  const received = await receiveBatch(context, channel.id, drop, deliveries, signal);
  // Removing from the drop goes on while people read: both are behind the commit.
  const settled = settle(channel, received);
  await mailbox.put(eventsOf(context.home.channels.get(channel.id), received));
  await mailbox.put(await settled);
  await mailbox.put(await mindDrops(context, channel.id));
  if (received.troubles.length > 0) await troubles.pause();
  else troubles.passed();
}

/** Trouble with removing is said and no more: what came is committed, and a repeat of it is dropped. */
export function settle(channel: Channel, received: Received): Promise<Shown[]> {
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
export function isOutdated(context: Context, channel: Channel): boolean {
  const generation = context.home.channels.generation(channel.id);
  if (generation === channel.generation) return false;
  return generation === undefined || placeOf(context.home.channels.get(channel.id)) !== placeOf(channel);
}

function watchSettings(context: Context, channel: Channel, changed: AbortController, signal: AbortSignal) {
  return setInterval(() => {
    if (!signal.aborted && isOutdated(context, channel)) changed.abort();
  }, tick);
}

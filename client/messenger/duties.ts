/** What a listener does beside collecting: acknowledgements, what others left in the outbox, upkeep, expired files. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Mailbox } from '../drops/mailbox.ts';
import { DropError } from '../errors.ts';
import type { Channel } from '../store/channels.ts';
import type { Shown } from './absorb.ts';
import { troublePause } from './collect.ts';
import type { Context } from './context.ts';
import { deliver, hasWork } from './deliver.ts';
import { mindDrops } from './drops/mind.ts';
import { notice, sentEvents } from './notices.ts';
import { mindPairing } from './pairing/upkeep.ts';
import { retryEarly } from './receive.ts';
import type { Screen } from './screen.ts';
import { upkeep } from './upkeep.ts';

/** How often to look for something to do, in milliseconds. */
const tick = 250;
/** How long an acknowledgement waits for something to ride on, in milliseconds. */
const acknowledgementDelay = 1000;
const upkeepPause = 10_000;

/** What a listener does until the signal aborts. */
export async function doDuties(
  context: Context,
  channelId: number,
  screen: Screen,
  mailbox: Mailbox<readonly Shown[]>,
  signal: AbortSignal,
) {
  await Promise.all([
    keepGoing(context, channelId, screen, mailbox, signal),
    tidyUp(context, channelId, mailbox, signal, upkeepPause),
  ]);
}

/**
 * Removes what has expired. Apart from the rest, since a drop that hangs is waited for; and trouble that stays is said
 * once. @param pause between two looks, in milliseconds.
 */
export async function tidyUp(
  context: Context,
  channelId: number,
  mailbox: Mailbox<readonly Shown[]>,
  signal: AbortSignal,
  pause: number,
): Promise<never> {
  let said: readonly Shown[] = [];
  for (;;) {
    const trouble = await expireFiles(context, context.home.channels.get(channelId), signal);
    if (!isDeepStrictEqual(trouble, said)) await mailbox.put(trouble);
    said = trouble;
    await sleep(pause, undefined, { signal });
  }
}

/** Sends acknowledgements when nothing came for them to ride on, and what other processes left in the outbox. */
async function keepGoing(
  context: Context,
  channelId: number,
  screen: Screen,
  mailbox: Mailbox<readonly Shown[]>,
  signal: AbortSignal,
) {
  const { home } = context;
  let version = -1;
  let generation = home.channels.generation(channelId);
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
    if (home.channels.generation(channelId) !== generation) {
      generation = home.channels.generation(channelId);
      // The other half of an invite may have come before it was joined.
      await mailbox.put(await retryEarly(context, channelId));
    }
    if (isDue) {
      upkeepAt = now + upkeepPause;
      await mailbox.put(upkeep(context, channelId));
      await mailbox.put(await mindDrops(context, channelId));
      await mailbox.put(await mindPairing(context, channel));
    }
    if (!home.inbox.hasAcknowledgements(channelId)) acknowledgeAt = undefined;
    else acknowledgeAt ??= now + acknowledgementDelay;
    const acknowledge = channel.receipts && acknowledgeAt !== undefined && now >= acknowledgeAt;
    if (now >= pauseUntil && hasWork(context, channel, { acknowledge })) {
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
  const onNotice = (shown: Shown) => sent.push(shown);
  try {
    await deliver(context, channel.id, { acknowledge, signal, onSent, onNotice });
    return 0;
  } catch (error) {
    if (!(error instanceof DropError)) throw error;
    await mailbox.put([notice(channel, error)]);
    return Date.now() + troublePause;
  } finally {
    if (sent.length > 0) await mailbox.put(sent);
  }
}

/** Removes what was sent from here and has expired. Where that fails it is said and tried again. */
export async function expireFiles(context: Context, channel: Channel, signal: AbortSignal): Promise<Shown[]> {
  if (context.home.files.expired(channel.id, context.now()).length === 0) return [];
  const { removeExpired } = await import('./transfers.ts');
  try {
    await removeExpired(context, channel, signal);
    return [];
  } catch (error) {
    if (!(error instanceof DropError)) throw error;
    return [notice(channel, error)];
  }
}

/** Collecting from a queue, a batch at a time, until the caller has had enough. There is no long poll: it looks again. */
import type { ReceivedMessageItem } from '@azure/storage-queue';
import { DropError } from '../../errors.ts';
import type { Direction } from '../../protocol/roles.ts';
import type { CollectOptions, Delivery } from '../drop.ts';
import { nap } from './calls.ts';
import { Leases } from './leases.ts';
import type { Queues } from './queues.ts';

/** The most that one request receives. */
const batchMessages = 32;
/** Milliseconds between two looks: after traffic, and at most, since each is a request to pay for. */
const shortestPause = 250;
const longestPause = 2_000;
/** Milliseconds that an abort leaves a request to come back with messages, which would else stay hidden. */
const grace = 1_000;

export interface CollectStyle {
  /** Seconds that a message stays hidden without being renewed. */
  readonly visibility: number;
  /** What is held by collections under way, for a drop that is closed meanwhile. */
  readonly held: Set<Leases>;
  /** Told of every failure that collecting survives. */
  readonly onTrouble: ((error: DropError) => void) | undefined;
}

/** @throws DropError, or the signal's abort reason. While it waits for more, failures that may pass only slow it down. */
export async function* collectLetters(
  queues: Queues,
  direction: Direction,
  { visibility, held, onTrouble }: CollectStyle,
  { wait, signal }: CollectOptions,
): AsyncGenerator<readonly Delivery[], void, undefined> {
  const { backoff, backoffLimit } = queues.transport.timing;
  const leases = new Leases(queues, direction, visibility);
  const receive = () => receiveSome(queues, direction, visibility, leases, signal);
  held.add(leases);
  try {
    let pause = shortestPause;
    let trouble = backoff;
    for (;;) {
      const deliveries = await leases.track(receive()).catch((error: unknown) => {
        if (!wait || !(error instanceof DropError) || !error.retryable) throw error;
        onTrouble?.(error);
        return undefined;
      });
      if (deliveries === undefined) {
        await nap(trouble, signal);
        trouble = Math.min(trouble * 2, backoffLimit);
        continue;
      }
      trouble = backoff;
      if (deliveries.length > 0) {
        yield deliveries;
        pause = shortestPause;
        continue;
      }
      if (!wait) return;
      await nap(pause, signal);
      pause = Math.min(pause * 1.5, longestPause);
    }
  } finally {
    await leases.end();
    held.delete(leases);
  }
}

/** One request. Where an abort comes before its answer, what it brings is given back. */
async function receiveSome(
  queues: Queues,
  direction: Direction,
  visibility: number,
  leases: Leases,
  signal: AbortSignal | undefined,
): Promise<Delivery[]> {
  signal?.throwIfAborted();
  const request = new AbortController();
  const stop = () => setTimeout(() => request.abort(), grace).unref();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const messages = await queues.call('collect messages', direction, request.signal, (client, options) =>
      client.receiveMessages({ ...options, numberOfMessages: batchMessages, visibilityTimeout: visibility }),
    );
    // Those that are not handed on are held, and given back when the collection ends.
    const deliveries = leases.take(inOrder(messages.receivedMessageItems));
    signal?.throwIfAborted();
    return deliveries;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** The queue promises no order; within a batch, the times at which they were left give one, to the second. */
function inOrder(messages: readonly ReceivedMessageItem[]): ReceivedMessageItem[] {
  return messages.toSorted((one, other) => one.insertedOn.getTime() - other.insertedOn.getTime());
}

/** Collecting from a queue by long polling, a batch at a time, until the caller has had enough. */
import { type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { DropError } from '../../errors.ts';
import type { Direction } from '../../protocol/roles.ts';
import type { CollectOptions, Delivery } from '../drop.ts';
import { pause, sendOptions } from './calls.ts';
import { Leases } from './leases.ts';
import type { Queues } from './queues.ts';
import { answerTimeout } from './settings.ts';

/** Seconds that a long poll waits; SQS's most is 20. One is enough to ask all of its servers what is there now. */
const LONG_POLL = 20;
const SHORT_POLL = 1;
/**
 * Milliseconds that an abort leaves a poll to come back with a message that is on its way already. Without them the
 * message would stay hidden for its whole visibility timeout.
 */
const GRACE = 25;

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
  style: CollectStyle,
  { wait, signal }: CollectOptions,
): AsyncGenerator<readonly Delivery[], void, undefined> {
  const leases = new Leases(queues, direction, style.visibility);
  const poll = new Poll(queues, direction, style.visibility, leases);
  style.held.add(leases);
  try {
    let failures = 0;
    for (;;) {
      const received = poll.receive(wait ? LONG_POLL : SHORT_POLL, signal);
      leases.track(received);
      const messages = await received.catch((error: unknown) => {
        if (!wait || !(error instanceof DropError) || !error.retryable) throw error;
        return error;
      });
      if (messages instanceof DropError) {
        failures += 1;
        style.onTrouble?.(messages);
        await pause(queues.settings.timing, failures, signal);
        continue;
      }
      failures = 0;
      const deliveries = leases.take(messages);
      if (deliveries.length > 0) yield deliveries;
      else if (!wait) return;
    }
  } finally {
    await leases.end();
    style.held.delete(leases);
  }
}

class Poll {
  readonly #queues: Queues;
  readonly #direction: Direction;
  readonly #visibility: number;
  readonly #leases: Leases;

  constructor(queues: Queues, direction: Direction, visibility: number, leases: Leases) {
    this.#queues = queues;
    this.#direction = direction;
    this.#visibility = visibility;
    this.#leases = leases;
  }

  /** One receive. An abort ends it at once; a message that arrives in that moment is given back. */
  async receive(seconds: number, signal: AbortSignal | undefined): Promise<readonly Message[]> {
    signal?.throwIfAborted();
    if (signal === undefined) return this.#request(seconds, undefined);
    const request = new AbortController();
    const stop = () => setTimeout(() => request.abort(), GRACE);
    signal.addEventListener('abort', stop, { once: true });
    try {
      const messages = await this.#request(seconds, request.signal);
      if (!signal.aborted) return messages;
      await this.#leases.giveBack(messages.flatMap(({ ReceiptHandle }) => ReceiptHandle ?? []));
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
    throw signal.reason;
  }

  /** Asks for no attribute: what a body is, its own encryption says. */
  async #request(seconds: number, signal: AbortSignal | undefined): Promise<readonly Message[]> {
    const queues = this.#queues;
    const answer = answerTimeout(queues.settings, 0) + seconds * 1000;
    const result = await queues.call('ReceiveMessage', this.#direction, signal, (QueueUrl) =>
      queues.client.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: seconds,
          VisibilityTimeout: this.#visibility,
        }),
        sendOptions(signal, answer),
      ),
    );
    return result.Messages ?? [];
  }
}

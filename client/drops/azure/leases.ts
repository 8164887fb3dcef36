/**
 * Messages that were received and not yet settled. The queue hides a message for its visibility timeout; a lease keeps
 * it hidden for as long as somebody works on it, and shows it again when nobody does any more. Each change gives the
 * message another pop receipt ("Update Message"), so changes of one message go one after the other.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReceivedMessageItem } from '@azure/storage-queue';
import type { Direction } from '../../protocol/roles.ts';
import type { Delivery } from '../drop.ts';
import { isAnswer } from './errors.ts';
import type { Queues } from './queues.ts';

/** Seconds until a message that was put back with `later` shows again. */
const laterSeconds = 1;
/** Milliseconds that giving back may take when the network does not answer: nobody waits longer for an exit. */
const giveBackTime = 2_000;

interface Lease {
  readonly id: string;
  receipt: string;
  /** The change under way; never rejects. */
  changed: Promise<void>;
}

export class Leases {
  readonly #queues: Queues;
  readonly #direction: Direction;
  readonly #visibility: number;
  readonly #held = new Set<Lease>();
  readonly #working = new Set<Promise<void>>();
  #renewal: NodeJS.Timeout | undefined;

  /** @param visibility seconds that a message stays hidden without being renewed. */
  constructor(queues: Queues, direction: Direction, visibility: number) {
    this.#queues = queues;
    this.#direction = direction;
    this.#visibility = visibility;
  }

  /** Takes charge of messages that were just received. */
  take(messages: readonly ReceivedMessageItem[]): Delivery[] {
    if (messages.length > 0) this.#renewal ??= setInterval(() => this.#renew(), (this.#visibility * 1000) / 3).unref();
    return messages.map(({ messageId: id, popReceipt: receipt, messageText: body }) => {
      const lease: Lease = { id, receipt, changed: Promise.resolve() };
      this.#held.add(lease);
      return { body, done: () => this.track(this.#done(lease)), later: () => this.track(this.#later(lease)) };
    });
  }

  /** Lets `end` wait for something that is under way. */
  track<T>(work: Promise<T>): Promise<T> {
    const tracked: Promise<void> = work
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => this.#working.delete(tracked));
    this.#working.add(tracked);
    return work;
  }

  /** Shows again what nobody settled and waits a little for what is under way. Never rejects. */
  async end(): Promise<void> {
    clearInterval(this.#renewal);
    const left = [...this.#held];
    this.#held.clear();
    const deadline = sleep(giveBackTime, undefined, { ref: false });
    await Promise.race([
      Promise.all([...left.map((lease) => this.#show(lease, 0, AbortSignal.timeout(giveBackTime))), ...this.#working]),
      deadline,
    ]);
  }

  async #done(lease: Lease): Promise<void> {
    if (!this.#held.delete(lease)) return;
    await lease.changed;
    await this.#queues.call('remove messages', this.#direction, undefined, (client) =>
      client.deleteMessage(lease.id, lease.receipt).catch(unlessGone),
    );
  }

  async #later(lease: Lease): Promise<void> {
    if (this.#held.delete(lease)) await this.#show(lease, laterSeconds);
  }

  #renew(): void {
    for (const lease of this.#held) this.track(this.#show(lease, this.#visibility));
  }

  /**
   * Hides a message for so many seconds from now. A failure is not reported: a renewal is tried twice before the time
   * is over, and what is not given back shows by itself.
   */
  #show(lease: Lease, seconds: number, signal?: AbortSignal): Promise<void> {
    const change = async () => {
      const options = signal ? { abortSignal: signal } : {};
      const client = this.#queues.client(this.#direction);
      const { popReceipt } = await client.updateMessage(lease.id, lease.receipt, undefined, seconds, options);
      if (popReceipt !== undefined) lease.receipt = popReceipt;
    };
    lease.changed = lease.changed.then(change).catch(() => undefined);
    return lease.changed;
  }
}

/** Somebody else has it, or had it: should it come again, it is seen as a repeat. */
function unlessGone(error: unknown): void {
  if (!isAnswer(error, 'MessageNotFound', 'PopReceiptMismatch')) throw error;
}

/**
 * Deliveries that were taken and not yet settled. SQS hides a message for its visibility timeout; a lease keeps it
 * hidden for as long as somebody works on it, and gives it back when nobody does any more.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ChangeMessageVisibilityBatchCommand, DeleteMessageBatchCommand, type Message } from '@aws-sdk/client-sqs';
import type { DropError } from '../../errors.ts';
import type { Direction } from '../../protocol/roles.ts';
import type { Delivery } from '../drop.ts';
import { pause, sendOptions } from './calls.ts';
import { entryError } from './errors.ts';
import type { Queues } from './queues.ts';
import { answerTimeout } from './settings.ts';

/** Entries in one batch call. */
const BATCH = 10;
/**
 * Seconds until a message that was put back with `later` shows again: soon, but each time counts towards the queue's
 * maxReceiveCount, and each is a request to pay for.
 */
const LATER = 1;
/** Milliseconds that giving back may take when the network does not answer: nobody waits longer for an exit. */
const GIVE_BACK = 2_000;

interface Lease {
  readonly handle: string;
}

interface Deletion {
  readonly handle: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Failed {
  readonly index: number;
  readonly error: DropError;
}

export class Leases {
  readonly #queues: Queues;
  readonly #direction: Direction;
  readonly #visibility: number;
  readonly #held = new Set<Lease>();
  readonly #working = new Set<Promise<void>>();
  #deletions: Deletion[] = [];
  #renewal: NodeJS.Timeout | undefined;

  /** `visibility`: seconds that a message stays hidden without being renewed. */
  constructor(queues: Queues, direction: Direction, visibility: number) {
    this.#queues = queues;
    this.#direction = direction;
    this.#visibility = visibility;
  }

  /** Takes charge of messages that were just received. */
  take(messages: readonly Message[]): Delivery[] {
    return messages.flatMap((message) => {
      if (message.ReceiptHandle === undefined || message.Body === undefined) return [];
      const lease = { handle: message.ReceiptHandle };
      this.#held.add(lease);
      this.#renewal ??= setInterval(() => this.track(this.#renew()), (this.#visibility * 1000) / 3).unref();
      return [
        {
          body: message.Body,
          done: () => this.#done(lease),
          later: () => this.#later(lease),
        },
      ];
    });
  }

  /** Lets `end` wait for something that is under way. */
  track(work: Promise<unknown>): void {
    const tracked: Promise<void> = work
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => this.#working.delete(tracked));
    this.#working.add(tracked);
  }

  /** Shows again what nobody settled and waits a little for what is under way. Never rejects. */
  async end(): Promise<void> {
    clearInterval(this.#renewal);
    const handles = [...this.#held].map((lease) => lease.handle);
    this.#held.clear();
    const deadline = sleep(GIVE_BACK, undefined, { ref: false });
    await Promise.race([Promise.all([this.giveBack(handles), ...this.#working]), deadline]);
  }

  /**
   * Shows messages again at once. A failure is not reported: the same happens by itself at the visibility timeout.
   */
  async giveBack(handles: readonly string[]): Promise<void> {
    const signal = AbortSignal.timeout(GIVE_BACK);
    const calls = chunks(handles).map((some) => this.#setVisibility(some, 0, signal).catch(() => undefined));
    await Promise.all(calls);
  }

  #done(lease: Lease): Promise<void> {
    if (!this.#held.delete(lease)) return Promise.resolve();
    const deletion = Promise.withResolvers<void>();
    // Everything that settles in this turn of the event loop goes in one call.
    if (this.#deletions.length === 0) setImmediate(() => this.#flush());
    this.#deletions.push({ handle: lease.handle, resolve: deletion.resolve, reject: deletion.reject });
    this.track(deletion.promise);
    return deletion.promise;
  }

  async #later(lease: Lease): Promise<void> {
    if (!this.#held.delete(lease)) return;
    // Where this fails the message shows again at its visibility timeout, which is all that was promised.
    const call = this.#setVisibility([lease.handle], LATER, undefined).then(
      () => undefined,
      () => undefined,
    );
    this.track(call);
    await call;
  }

  #flush(): void {
    const deletions = this.#deletions;
    this.#deletions = [];
    for (const some of chunks(deletions)) {
      this.#delete(some).then(
        () => {
          for (const deletion of some) deletion.resolve();
        },
        (error) => {
          for (const deletion of some) deletion.reject(error);
        },
      );
    }
  }

  /** Deletes, and tries again what failed. One whose receipt has expired will come again and be seen as a repeat. */
  async #delete(deletions: readonly Deletion[]): Promise<void> {
    const { timing } = this.#queues.settings;
    let rest = deletions.map((deletion) => deletion.handle);
    for (let tries = 1; ; tries += 1) {
      const failed = await this.#deleteOnce(rest);
      const again = failed.filter(({ error }) => error.retryable);
      const fatal = failed.find(({ error }) => error.code === 'access-denied');
      if (fatal !== undefined) throw fatal.error;
      const [first] = again;
      if (first === undefined) return;
      if (tries >= timing.attempts) throw first.error;
      const handles = rest;
      rest = again.flatMap(({ index }) => handles.slice(index, index + 1));
      await pause(timing, tries);
    }
  }

  async #deleteOnce(handles: readonly string[]): Promise<Failed[]> {
    const queues = this.#queues;
    const Entries = handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
    const result = await queues.call('DeleteMessage', this.#direction, undefined, (QueueUrl) =>
      queues.client.send(
        new DeleteMessageBatchCommand({ QueueUrl, Entries }),
        sendOptions(undefined, answerTimeout(queues.settings, 0)),
      ),
    );
    const deleted = new Set(result.Successful?.map((entry) => entry.Id));
    return handles.flatMap((_, index) => {
      if (deleted.has(String(index))) return [];
      const entry = result.Failed?.find(({ Id }) => Id === String(index));
      const attempt = queues.attempt('DeleteMessage', this.#direction);
      return [{ index, error: entryError(entry?.Code, entry?.SenderFault === true, entry?.Message ?? '', attempt) }];
    });
  }

  /** Keeps everything that is held hidden. What fails is tried at the next tick, twice before the time is over. */
  async #renew(): Promise<void> {
    const handles = [...this.#held].map((lease) => lease.handle);
    await Promise.all(chunks(handles).map((some) => this.#setVisibility(some, this.#visibility, undefined)));
  }

  async #setVisibility(handles: readonly string[], seconds: number, signal: AbortSignal | undefined): Promise<void> {
    const queues = this.#queues;
    const Entries = handles.map((ReceiptHandle, index) => ({
      Id: String(index),
      ReceiptHandle,
      VisibilityTimeout: seconds,
    }));
    await queues.call('ChangeMessageVisibility', this.#direction, signal, (QueueUrl) =>
      queues.client.send(
        new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }),
        sendOptions(signal, answerTimeout(queues.settings, 0)),
      ),
    );
  }
}

function chunks<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / BATCH);
  return Array.from({ length: count }, (_, index) => items.slice(index * BATCH, (index + 1) * BATCH));
}

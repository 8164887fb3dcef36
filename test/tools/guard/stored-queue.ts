/** A queue of the embedded cloud as whoever owns the cloud has it: every letter can be read, changed and made older. */
import { type SqsQueue, SqsStore } from '../../../node_modules/fauxqs/dist/sqs/sqsStore.js';

/** Milliseconds for which SQS remembers a deduplication id. */
const DEDUPLICATION = 300_000;
/** Everything that goes one way is one message group. */
const GROUP = 'btr';

export class StoredQueue {
  readonly #queue: SqsQueue;

  constructor(queue: SqsQueue) {
    this.#queue = queue;
  }

  /** Those that can be received once nothing before them is held. */
  waiting(): string[] {
    return this.#ready().map(({ body }) => body);
  }

  /** Those that somebody has received and not settled. */
  held(): string[] {
    return this.#inflight().map(({ message }) => message.body);
  }

  /** Puts a body at the end. */
  add(body: string): void {
    const message = SqsStore.createMessage(body, {}, 0, GROUP);
    this.#queue.enqueue({ ...message, sequenceNumber: this.#queue.nextSequenceNumber() });
  }

  /** Replaces each body, those that are held first, by what `change` returns; undefined removes it. */
  tamper(change: (body: string, index: number) => string | undefined): void {
    let index = 0;
    const kept = (message: { body: string; md5OfBody: string }) => {
      const body = change(message.body, index++);
      if (body === undefined) return false;
      Object.assign(message, { body, md5OfBody: SqsStore.createMessage(body).md5OfBody });
      return true;
    };
    for (const { receiptHandle, message } of this.#inflight()) {
      if (!kept(message)) this.#queue.deleteMessage(receiptHandle);
    }
    for (const [group, messages] of this.#queue.fifoMessages)
      this.#queue.fifoMessages.set(group, messages.filter(kept));
  }

  /** As after so many milliseconds: what was held that long is free, and a long step forgets deduplication ids. */
  age(milliseconds: number): void {
    for (const entry of this.#inflight()) entry.visibilityDeadline -= milliseconds;
    if (milliseconds >= DEDUPLICATION) this.#queue.deduplicationCache.clear();
    this.#queue.processTimers();
  }

  #ready() {
    this.#queue.processTimers();
    return [...this.#queue.fifoMessages.values()].flat();
  }

  #inflight() {
    return [...this.#queue.inflightMessages.values()];
  }
}

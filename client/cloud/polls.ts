/**
 * Long polls that can be cancelled. The emulator's own go on waiting when their client has gone away, and then swallow
 * the next message for its visibility timeout; and one message wakes all of them. Here the polls of a queue stand in
 * line: the first that is still wanted gets what arrives, the others go on waiting.
 */
import type { SqsQueue } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';

/** Milliseconds between looks at a queue that time alone may make ready: with hidden messages, and without. */
const LOOK_HIDDEN = 50;
const LOOK_IDLE = 1_000;

export interface Poll<T> {
  /** Takes messages from the queue, in this turn of the event loop. Undefined: there was nothing to take after all. */
  readonly take: () => Promise<T | undefined>;
  /** How long to wait, in milliseconds. */
  readonly wait: number;
  /** Aborts when the client has gone. */
  readonly gone: AbortSignal;
}

interface Waiting {
  /** Whether it was served. */
  readonly take: () => Promise<boolean>;
  readonly giveUp: () => void;
  /** Its time was over, or its client gone, while it was being served. */
  over: boolean;
}

export class LongPolls {
  readonly #lines = new WeakMap<SqsQueue, Line>();
  readonly #isDeleted: (queue: SqsQueue) => boolean;

  constructor(isDeleted: (queue: SqsQueue) => boolean) {
    this.#isDeleted = isDeleted;
  }

  /** What the poll took, or undefined where its time was over, its client gone or the queue deleted. */
  async wait<T>(queue: SqsQueue, poll: Poll<T>): Promise<T | undefined> {
    if (poll.gone.aborted) return undefined;
    const line = this.#lines.get(queue) ?? new Line(queue, this.#isDeleted);
    this.#lines.set(queue, line);
    const { promise, resolve } = Promise.withResolvers<T | undefined>();
    const waiting: Waiting = {
      take: async () => {
        const taken = await poll.take();
        if (taken !== undefined) resolve(taken);
        return taken !== undefined;
      },
      giveUp: () => resolve(undefined),
      over: false,
    };
    const leave = () => line.leave(waiting);
    const timer = setTimeout(leave, poll.wait);
    poll.gone.addEventListener('abort', leave, { once: true });
    line.add(waiting);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      poll.gone.removeEventListener('abort', leave);
    }
  }
}

class Line {
  readonly #queue: SqsQueue;
  readonly #isDeleted: (queue: SqsQueue) => boolean;
  readonly #waiting: Waiting[] = [];
  #armed = false;
  #serving = false;

  constructor(queue: SqsQueue, isDeleted: (queue: SqsQueue) => boolean) {
    this.#queue = queue;
    this.#isDeleted = isDeleted;
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    if (isReady(this.#queue)) this.#soon();
    else this.#arm();
  }

  /** One that is being served just now is not in the line: it gets what was taken for it, or gives up afterwards. */
  leave(waiting: Waiting): void {
    waiting.over = true;
    const index = this.#waiting.indexOf(waiting);
    if (index < 0) return;
    this.#waiting.splice(index, 1);
    waiting.giveUp();
  }

  /**
   * Stands among the queue's own waiters, once for the whole line: the queue calls them when a message was sent, shown
   * again or unlocked by a deletion. What becomes visible by time alone is looked for now and then.
   */
  #arm(): void {
    if (this.#armed || this.#waiting.length === 0) return;
    this.#armed = true;
    const waiter = {
      resolve: () => {
        this.#armed = false;
        this.#soon();
      },
      timer: setTimeout(
        () => {
          const index = this.#queue.pollWaiters.indexOf(waiter);
          if (index >= 0) this.#queue.pollWaiters.splice(index, 1);
          waiter.resolve();
        },
        hasHidden(this.#queue) ? LOOK_HIDDEN : LOOK_IDLE,
      ),
    };
    this.#queue.pollWaiters.push(waiter);
  }

  /** Serves after the next look at the sockets, so that a client that has just hung up is known to be gone. */
  #soon(): void {
    if (this.#serving) return;
    this.#serving = true;
    setImmediate(() => setImmediate(() => this.#serve()));
  }

  async #serve(): Promise<void> {
    if (this.#isDeleted(this.#queue)) {
      for (const waiting of this.#waiting.splice(0)) waiting.giveUp();
    }
    while (this.#waiting.length > 0 && isReady(this.#queue)) {
      const first = this.#waiting.shift();
      if (first === undefined || (await first.take())) continue;
      if (first.over) first.giveUp();
      else this.#waiting.unshift(first);
    }
    this.#serving = false;
    this.#arm();
  }
}

function hasHidden(queue: SqsQueue): boolean {
  return queue.inflightMessages.size + queue.delayedMessages.length + queue.fifoDelayed.size > 0;
}

function isReady(queue: SqsQueue): boolean {
  queue.processTimers();
  if (!queue.isFifo()) return queue.messages.length > 0;
  for (const [group, messages] of queue.fifoMessages) {
    if (messages.length > 0 && !queue.fifoLockedGroups.has(group)) return true;
  }
  return false;
}

/** Counts what the drops of a home ask of their clouds, and adds it to the store now and then. */
import type { Meter } from '../drops/usage.ts';
import { BtrError } from '../errors.ts';
import type { Home } from '../store/home.ts';
import { monthOf, type UsageRow } from '../store/usage.ts';

/** A process that is killed loses what it counted for at most so long, in milliseconds. */
const flushPause = 30_000;

export class UsageCounts {
  readonly #home: Home;
  readonly #now: () => number;
  #pending = new Map<string, UsageRow>();
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(home: Home, now: () => number) {
    this.#home = home;
    this.#now = now;
  }

  /** What counts for a channel's drop. */
  meter(channel: number): Meter {
    return ({ operation, sent, received, billed = 1, byteHours = 0 }) => {
      if (this.#hasEnded) return;
      const month = monthOf(this.#now());
      const key = `${channel} ${month} ${operation}`;
      const before = this.#pending.get(key);
      this.#pending.set(key, {
        channel,
        month,
        operation,
        requests: (before?.requests ?? 0) + 1,
        billed: (before?.billed ?? 0) + billed,
        sent: (before?.sent ?? 0) + sent,
        received: (before?.received ?? 0) + received,
        kibHours: (before?.kibHours ?? 0) + byteHours / 1024,
      });
      this.#timer ??= setTimeout(() => this.flush(), flushPause).unref();
    };
  }

  /** The store closes now; a request whose answer is still to come is not counted any more. */
  end(): void {
    this.flush();
    this.#hasEnded = true;
  }

  /** Adds what was counted to the store. Where that can't be written, it waits for the next time. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.size === 0) return;
    try {
      this.#home.usage.add([...this.#pending.values()]);
      this.#pending.clear();
    } catch (error) {
      // A full disk or a long lock is said by whatever needs the store; no message is worth less than its price.
      if (!(error instanceof BtrError)) throw error;
    }
  }
}

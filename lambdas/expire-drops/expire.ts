/**
 * Removes from a drop's bucket what stayed past its time: parcels, and uploads that nobody goes on with. Pure but for
 * the shelf it is given.
 *
 * A key begins with its role and the hour after which it may go, so a role's listing is read from the front and left
 * at the first hour that has not passed: the cost follows what expired, not what is stored. What can't be one of ours
 * among the rest shows in a listing of the hours alone, a few hundred at most.
 *
 * The hour in a key is the sender's word, and is taken as it is. Where the sender's clock is behind, nothing is lost
 * that somebody could still fetch: its notice carries the same time, and clients fetch nothing past it. Where it is
 * ahead, there is a day between the longest stay that a client may ask for and the longest that is believed here.
 */
import { parseParcelKey } from '../../client/protocol/parcel-key.ts';

/** A bucket, as far as this work needs it. A call rejects with a ShelfError; once time is up, with the signal's reason. */
export interface Shelf {
  /** All keys with this prefix in the order of their bytes, a page at a time. */
  keys(prefix: string): AsyncIterable<readonly string[]>;
  /** What lies directly under this prefix and behind a key: keys, and the prefixes up to the next slash. */
  folders(prefix: string, after: string): AsyncIterable<Folders>;
  /** Removes a page of keys; one that is gone is no error. Answers why others stayed, one error for each. */
  remove(keys: readonly string[]): Promise<readonly ShelfError[]>;
  /** Uploads that are neither complete nor given up, a page at a time. */
  uploads(prefix: string): AsyncIterable<readonly Upload[]>;
  /** Gives an upload up; one that is gone is no error. */
  abort(upload: Upload): Promise<void>;
}

export interface Folders {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
}

export interface Upload {
  readonly key: string;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** A call that failed. */
export class ShelfError extends Error {
  /** The permission it needs, as IAM names it. */
  readonly action: string;
  /** The service's name for the failure, such as `SlowDown`. */
  readonly reason: string;

  constructor(action: string, reason: string, cause?: unknown) {
    super(`${action}: ${reason}`, cause === undefined ? undefined : { cause });
    this.action = action;
    this.reason = reason;
  }
}

export interface Outcome {
  readonly removed: number;
  readonly aborted: number;
  /** Parcels and uploads that should have gone and are still there. */
  readonly failed: number;
  /** False: the signal was aborted first. The next run goes on. */
  readonly finished: boolean;
  readonly errors: readonly ShelfError[];
}

const DAY = 86_400_000;
/** A parcel may stay 14 days, rounded up to the hour; later the bucket's own lifecycle removes it. */
const LONGEST_STAY = 15 * DAY;
/** An upload that was cut can be resumed this long; a client begins anew later. */
const LONGEST_UPLOAD = 7 * DAY;

const anyRandom = 'A'.repeat(22);

/**
 * Whether what has this key, or prefix, should be gone. Whatever lies under an hour of ours goes when that hour has
 * passed, well-formed or not; the rest goes at once.
 *
 * @param now milliseconds since 1970.
 */
export function isDue(key: string, now: number): boolean {
  const hour = key.slice(0, key.indexOf('/', 2) + 1);
  const expiresAt = parseParcelKey(`${hour}${anyRandom}`)?.expiresAt;
  return expiresAt === undefined || expiresAt <= now || expiresAt > now + LONGEST_STAY;
}

/**
 * Never rejects for what fails on the shelf: a failed removal is counted and the work goes on, a failed listing ends
 * that part of it. Nothing is kept between runs, and two at once do each other no harm.
 *
 * @param now milliseconds since 1970, by a clock that is right.
 * @param signal ends the work early.
 */
export async function expireDrops(shelf: Shelf, now: number, signal: AbortSignal): Promise<Outcome> {
  const run = new Run(shelf, now, signal);
  // Side by side: who fills its own part with oddities is not to use up the time of the other's.
  await Promise.all(
    ['a/', 'b/'].map(async (prefix) => {
      await run.attempt(() => run.removeParcels(prefix));
      await run.attempt(() => run.abortUploads(prefix));
    }),
  );
  return run.outcome();
}

class Run {
  readonly #shelf: Shelf;
  readonly #now: number;
  readonly #signal: AbortSignal;
  readonly #errors: ShelfError[] = [];
  #removed = 0;
  #aborted = 0;
  #failed = 0;
  #finished = true;

  constructor(shelf: Shelf, now: number, signal: AbortSignal) {
    this.#shelf = shelf;
    this.#now = now;
    this.#signal = signal;
  }

  outcome(): Outcome {
    const [removed, aborted, failed] = [this.#removed, this.#aborted, this.#failed];
    return { removed, aborted, failed, finished: this.#finished, errors: this.#errors };
  }

  /** @param things how many stay where it fails. */
  async attempt(work: () => Promise<void>, things = 0): Promise<void> {
    try {
      this.#signal.throwIfAborted();
      await work();
    } catch (error) {
      if (error instanceof ShelfError) {
        this.#errors.push(error);
        this.#failed += things;
      } else if (this.#signal.aborted) this.#finished = false;
      else throw error;
    }
  }

  async removeParcels(prefix: string): Promise<void> {
    const first = await this.#removeFromFront(prefix);
    if (first === undefined) return;
    for await (const { keys, prefixes } of this.#shelf.folders(prefix, first)) {
      await this.#remove(keys.filter((key) => this.#isDue(key)));
      for (const one of prefixes.filter((key) => this.#isDue(key))) await this.#removeFromFront(one);
    }
  }

  async abortUploads(prefix: string): Promise<void> {
    for await (const uploads of this.#shelf.uploads(prefix)) {
      for (const upload of uploads) {
        if (this.#isDue(upload.key) || upload.startedAt <= this.#now - LONGEST_UPLOAD) await this.#abort(upload);
      }
    }
  }

  /** Up to the first key that stays, which is answered. */
  async #removeFromFront(prefix: string): Promise<string | undefined> {
    for await (const keys of this.#shelf.keys(prefix)) {
      const first = keys.findIndex((key) => !this.#isDue(key));
      await this.#remove(first < 0 ? keys : keys.slice(0, first));
      if (first >= 0) return keys[first];
    }
    return undefined;
  }

  async #remove(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    await this.attempt(async () => {
      const errors = await this.#shelf.remove(keys);
      this.#errors.push(...errors);
      this.#failed += errors.length;
      this.#removed += keys.length - errors.length;
    }, keys.length);
    // What was asked for just as time ran out may be gone or not: the next run sees.
    this.#signal.throwIfAborted();
  }

  async #abort(upload: Upload): Promise<void> {
    await this.attempt(async () => {
      await this.#shelf.abort(upload);
      this.#aborted += 1;
    }, 1);
    this.#signal.throwIfAborted();
  }

  #isDue(key: string): boolean {
    return isDue(key, this.#now);
  }
}

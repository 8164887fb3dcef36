/** How patient several drops are with one another: see docs/decisions/drops.md. All times in milliseconds. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isProxySet } from '../proxy/index.ts';

export interface SeveralTiming {
  /** How long one drop may take before the next is asked as well: so long, and one more for so many bytes. */
  readonly patience: number;
  readonly bytesPerMillisecond: number;
  /** For how long a drop that failed is put aside: doubling from the first to the longest. */
  readonly firstRest: number;
  readonly longestRest: number;
  /** The longest pause before a drop that failed is collected from again. */
  readonly longestRetry: number;
  readonly clock: SeveralClock;
}

export interface SeveralClock {
  /** Never goes back, whatever the user does to the time of day. */
  now(): number;
  /** @throws the signal's reason, or an AbortError. */
  sleep(time: number, signal: AbortSignal): Promise<void>;
}

const defaultTiming: SeveralTiming = {
  patience: 1000,
  bytesPerMillisecond: 256,
  firstRest: 1000,
  longestRest: 300_000,
  longestRetry: 15_000,
  clock: {
    now: () => performance.now(),
    sleep: (time, signal) => sleep(time, undefined, { signal }),
  },
};

/** The patience through a proxy: Tor needs seconds for a new way, and would make every drop too slow. */
const proxiedPatience = 5000;

export function timingWith(given: Partial<SeveralTiming> | undefined): SeveralTiming {
  return { ...defaultTiming, ...(isProxySet() ? { patience: proxiedPatience } : {}), ...given };
}

export function patienceFor(timing: SeveralTiming, bytes: number): number {
  return timing.patience + bytes / timing.bytesPerMillisecond;
}

/** Resolves with the promise or, where that takes longer, after so much time. */
export async function within(clock: SeveralClock, time: number, promise: Promise<unknown>): Promise<void> {
  const enough = new AbortController();
  try {
    await Promise.race([promise, clock.sleep(time, enough.signal)]);
  } finally {
    enough.abort();
  }
}

/** The promise's outcome, or the signal's reason as soon as it aborts. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

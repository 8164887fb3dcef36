/** How every call of the AWS drop ends: with its result, with a DropError, or at once with the signal's abort reason. */
import { setTimeout as sleep } from 'node:timers/promises';
import { guardedBy } from '../guarded.ts';
import { toDropError } from './errors.ts';
import type { Timing } from './settings.ts';

/** Runs one call; its failure becomes a DropError, or the abort reason where the caller has given up. */
export const guarded = guardedBy(toDropError);

/** The options of the SDK's `send`. */
export function sendOptions(signal: AbortSignal | undefined, requestTimeout: number) {
  return signal === undefined ? { requestTimeout } : { abortSignal: signal, requestTimeout };
}

/** Waits before try number `tries` (from 1), twice as long each time, with jitter. @throws the signal's reason. */
export async function pause(timing: Timing, tries: number, signal?: AbortSignal): Promise<void> {
  const longest = Math.min(timing.backoffLimit, timing.backoff * 2 ** (tries - 1));
  const length = longest * (0.5 + Math.random() / 2);
  try {
    await sleep(length, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

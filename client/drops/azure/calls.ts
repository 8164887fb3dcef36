/** How every call of the Azure drop ends: with its result, with a DropError, or with the signal's abort reason. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Attempt, toDropError } from './errors.ts';

/** Runs one call; its failure becomes a DropError, or the abort reason where the caller has given up. */
export async function guarded<T>(
  attempt: Attempt,
  signal: AbortSignal | undefined,
  call: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await call();
  } catch (error) {
    signal?.throwIfAborted();
    throw toDropError(error, attempt);
  }
}

/** @throws the signal's abort reason. */
export async function nap(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** How every call of the Azure drop ends: with its result, with a DropError, or with the signal's abort reason. */
import { setTimeout as sleep } from 'node:timers/promises';
import { guardedBy } from '../guarded.ts';
import { toDropError } from './errors.ts';

/** Runs one call; its failure becomes a DropError, or the abort reason where the caller has given up. */
export const guarded = guardedBy(toDropError);

/** @throws the signal's abort reason. */
export async function nap(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

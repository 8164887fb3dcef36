/** Repeats what failed for a passing reason, with growing pauses and a clear end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DropError } from '../../errors.ts';

/** Pauses between attempts in milliseconds; about half a minute in all. Each is cut at random by up to a half. */
export const retryDelays: readonly number[] = [250, 1000, 3000, 8000, 15_000];

interface RetryOptions {
  readonly signal: AbortSignal;
  readonly delays: readonly number[];
  /** Called before each further attempt. */
  readonly onRetry?: () => void;
}

/**
 * @throws the last error where it is not a retryable DropError; a DropError of the same code that says so once the
 * attempts are used up; the signal's reason as soon as it aborts.
 */
export async function retrying<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let failures = 0; ; failures++) {
    options.signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof DropError) || !error.retryable) throw error;
      const delay = options.delays[failures];
      if (delay === undefined) throw gaveUp(error, failures + 1);
      await pause(delay * (1 - Math.random() / 2), options.signal);
      options.onRetry?.();
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

function gaveUp(error: DropError, attempts: number): DropError {
  const count = attempts === 1 ? 'one attempt' : `${attempts} attempts`;
  return new DropError(`${error.message} Gave up after ${count}; what went through is remembered.`, {
    code: error.code,
    hint: error.hint ?? 'Check the connection and run the same command again: it goes on where it stopped.',
    retryable: true,
    cause: error,
  });
}

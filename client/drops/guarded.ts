/** How every call to a cloud ends: with its result, with a DropError, or with the signal's abort reason. */

/** @param toError what a failure of the attempt means to a person. */
export function guardedBy<Attempt>(toError: (error: unknown, attempt: Attempt) => Error) {
  return async <T>(attempt: Attempt, signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> => {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      signal?.throwIfAborted();
      throw toError(error, attempt);
    }
  };
}

/** Several drops may have a parcel, and one of them may have spoiled it: then another one's is as good. */
import type { GetOptions, ParcelStore } from '../../drops/drop.ts';
import { DropError, SecurityError } from '../../errors.ts';

/**
 * Fetches and verifies; where what came is not what was left, once more from each drop alone.
 * @throws what `fetch` threw first.
 */
export async function fromAnyCopy<Options extends GetOptions, T>(
  { copies = 1 }: ParcelStore,
  options: Options,
  fetch: (options: Options & GetOptions) => Promise<T>,
): Promise<T> {
  try {
    return await fetch(options);
  } catch (error) {
    if (!isSpoiled(error) || copies === 1) throw error;
    for (let copy = 0; copy < copies; copy++) {
      try {
        return await fetch({ ...options, copy });
      } catch (another) {
        if (!(another instanceof SecurityError || another instanceof DropError)) throw another;
      }
    }
    throw error;
  }
}

function isSpoiled(error: unknown): boolean {
  return error instanceof SecurityError || (error instanceof DropError && error.code === 'wrong-parcel-length');
}

/** Empties a bucket that is to go, with the rights of its owner. */
import type { Shelf } from '../../../lambdas/expire-drops/expire.ts';
import { DropError } from '../../errors.ts';
import type { AwsAddress } from './address.ts';
import { onShelf } from './owners-shelf.ts';

interface Emptied {
  readonly objects: number;
  readonly uploads: number;
}

/**
 * Removes everything in the bucket, a thousand at a time, and gives up every upload. A bucket that is gone is empty.
 * @param place where the bucket is; its credentials are not used. @throws DropError.
 */
export async function emptyBucket(
  place: AwsAddress,
  bucket: string,
  signal: AbortSignal | undefined,
): Promise<Emptied> {
  try {
    return await onShelf(place, bucket, signal, async ({ shelf }) => {
      // Uploads first: one that ends in between is an object, which is removed after it.
      const uploads = await abortUploads(shelf);
      return { objects: await removeObjects(shelf), uploads };
    });
  } catch (error) {
    if (error instanceof DropError && error.code === 'no-such-bucket') return { objects: 0, uploads: 0 };
    throw error;
  }
}

async function removeObjects(shelf: Shelf): Promise<number> {
  let removed = 0;
  for await (const keys of shelf.keys('')) {
    const [failed] = await shelf.remove(keys);
    if (failed) throw failed;
    removed += keys.length;
  }
  return removed;
}

async function abortUploads(shelf: Shelf): Promise<number> {
  let aborted = 0;
  for await (const uploads of shelf.uploads('')) {
    for (const upload of uploads) await shelf.abort(upload);
    aborted += uploads.length;
  }
  return aborted;
}

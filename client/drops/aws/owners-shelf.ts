/** A drop's bucket for the upkeep of its owner, by the same calls as the expiry function makes. */
import type { S3Client } from '@aws-sdk/client-s3';
import { ShelfError } from '../../../lambdas/expire-drops/expire.ts';
import { S3Shelf } from '../../../lambdas/expire-drops/shelf.ts';
import type { DropError } from '../../errors.ts';
import type { AwsAddress } from './address.ts';
import { toDropError } from './errors.ts';
import { makeS3Client } from './s3-client.ts';
import { type ClientSettings, clientSettings } from './settings.ts';

export interface OwnersShelf {
  readonly shelf: S3Shelf;
  readonly client: S3Client;
  /** Ends every call of the shelf; never aborted where the caller gave none. */
  readonly signal: AbortSignal;
}

/**
 * With the rights of this home's environment: a buddy's own key, which may be in the address, can list nothing.
 *
 * @throws DropError for a call that failed, or the signal's abort reason.
 */
export async function onShelf<T>(
  place: AwsAddress,
  bucket: string,
  signal: AbortSignal = new AbortController().signal,
  run: (owners: OwnersShelf) => Promise<T>,
): Promise<T> {
  const settings: ClientSettings = { ...clientSettings(place, undefined, undefined), credentials: undefined };
  const client = makeS3Client(place, settings);
  try {
    return await run({ shelf: new S3Shelf(client, bucket, signal), client, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof ShelfError ? shelfFailure(error, bucket) : error;
  } finally {
    client.destroy();
  }
}

/** The error of a call as a person is told it. */
export function shelfFailure({ action, cause }: ShelfError, bucket: string): DropError {
  return toDropError(cause, { action, resource: `s3://${bucket}` });
}

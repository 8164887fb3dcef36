/** Removes what stayed past its time, as the expiry function of a deployed stack does, for stacks without one. */
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { expireDrops, type Outcome } from '../../../lambdas/expire-drops/expire.ts';
import type { ExpireOptions, ExpiryReport } from '../expiry.ts';
import type { AwsAddress } from './address.ts';
import { guarded } from './calls.ts';
import { type OwnersShelf, onShelf, shelfFailure } from './owners-shelf.ts';

/** @throws DropError where a listing failed, or where nothing at all could be removed. */
export async function expireBucket(place: AwsAddress, { now, signal }: ExpireOptions): Promise<ExpiryReport> {
  const { bucket } = place;
  if (bucket === undefined) return { removed: 0, aborted: 0, failed: 0, finished: true };
  return onShelf(place, bucket, signal, async (owners) => {
    const ahead = await clockAhead(owners, bucket);
    return reportOf(await expireDrops(owners.shelf, now - ahead, owners.signal), bucket);
  });
}

/**
 * How many milliseconds this machine's clock is ahead of the cloud's: one that is wrong by days would remove what is
 * fresh. The SDK compares the two with each answer, for the sake of its signatures; so one small request goes first.
 */
async function clockAhead({ client, signal }: OwnersShelf, bucket: string): Promise<number> {
  const attempt = { action: 's3:ListBucket', resource: `s3://${bucket}` };
  await guarded(attempt, signal, () =>
    client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'a/', MaxKeys: 1 }), { abortSignal: signal }),
  );
  return -client.config.systemClockOffset;
}

function reportOf({ errors, ...counts }: Outcome, bucket: string): ExpiryReport {
  const [removal] = counts.removed + counts.aborted === 0 ? errors : [];
  const error = errors.find(({ action }) => action.startsWith('s3:List')) ?? removal;
  if (error === undefined) return counts;
  throw shelfFailure(error, bucket);
}

/**
 * The function `expire-drops`, run on a schedule. Environment: `BUCKET`, the name of the drop's bucket. It fails where
 * anything could not be removed, so that an alarm on its errors is one on what stays; the next run tries again.
 */
import { S3Client } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import { expireDrops, type Outcome } from './expire.ts';
import { reportLine } from './report.ts';
import { S3Shelf } from './shelf.ts';

/** Left of the function's own time, in milliseconds, when the work ends: enough to say what was done. */
const MARGIN = 10_000;

const client = new S3Client({
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
});

/** @param _event of the schedule, which says nothing that matters here. */
export async function handler(_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> {
  const signal = AbortSignal.timeout(Math.max(0, Math.floor(context.getRemainingTimeInMillis()) - MARGIN));
  const now = Date.now();
  const outcome = await expireDrops(new S3Shelf(client, bucketName(), signal), now, signal);
  // Not by the console, which would put a time and an id before it: CloudWatch reads the line as it is.
  process.stdout.write(`${reportLine(outcome, { now, milliseconds: Date.now() - now })}\n`);
  if (outcome.errors.length > 0) throw new Error(summary(outcome));
}

function bucketName(): string {
  const bucket = process.env.BUCKET;
  if (bucket) return bucket;
  throw new Error('The variable BUCKET is not set.');
}

/** Without a cause: the runtime would log it, and its message may hold names. */
function summary({ failed, errors }: Outcome): string {
  return `${failed} parcels and uploads could not be removed (${errors.length} errors); the next run tries again.`;
}

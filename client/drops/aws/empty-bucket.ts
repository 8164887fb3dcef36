/** Empties a bucket that is to go, with the rights of its owner. */
import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { DropError } from '../../errors.ts';
import type { AwsAddress } from './address.ts';
import { guarded, sendOptions } from './calls.ts';
import { errorName } from './errors.ts';
import { makeS3Client } from './s3-client.ts';
import { answerTimeout, type ClientSettings, clientSettings } from './settings.ts';

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
  const settings: ClientSettings = { ...clientSettings(place, undefined, undefined), credentials: undefined };
  const client = makeS3Client(place, settings);
  const run: Run = { client, bucket, signal, call: sendOptions(signal, answerTimeout(settings, 0)) };
  try {
    // Uploads first: one that ends in between is an object, which is removed after it.
    const uploads = await abortUploads(run);
    return { objects: await removeObjects(run), uploads };
  } catch (error) {
    if (error instanceof DropError && error.code === 'no-such-bucket') return { objects: 0, uploads: 0 };
    throw error;
  } finally {
    client.destroy();
  }
}

interface Run {
  readonly client: S3Client;
  readonly bucket: string;
  readonly signal: AbortSignal | undefined;
  readonly call: ReturnType<typeof sendOptions>;
}

/** Listed from the front each time: what was removed is not listed again. */
async function removeObjects({ client, bucket: Bucket, signal, call }: Run): Promise<number> {
  for (let removed = 0; ; ) {
    const { Contents = [] } = await guarded(attemptOn('ListBucket', Bucket), signal, () =>
      client.send(new ListObjectsV2Command({ Bucket }), call),
    );
    if (Contents.length === 0) return removed;
    const Objects = Contents.map(({ Key }) => ({ Key }));
    const { Errors = [] } = await guarded(attemptOn('DeleteObject', Bucket), signal, () =>
      client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }), call),
    );
    const [failed] = Errors;
    if (failed) {
      const error = Object.assign(new Error(), { name: failed.Code ?? 'InternalError' });
      await guarded(attemptOn('DeleteObject', Bucket), signal, () => Promise.reject(error));
    }
    removed += Contents.length;
  }
}

async function abortUploads({ client, bucket: Bucket, signal, call }: Run): Promise<number> {
  for (let aborted = 0; ; ) {
    const { Uploads = [] } = await guarded(attemptOn('ListBucketMultipartUploads', Bucket), signal, () =>
      client.send(new ListMultipartUploadsCommand({ Bucket }), call),
    );
    if (Uploads.length === 0) return aborted;
    for (const { Key, UploadId } of Uploads) {
      await guarded(attemptOn('AbortMultipartUpload', Bucket), signal, async () => {
        try {
          await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }), call);
        } catch (error) {
          if (errorName(error) !== 'NoSuchUpload') throw error;
        }
      });
    }
    aborted += Uploads.length;
  }
}

function attemptOn(action: string, bucket: string) {
  return { action: `s3:${action}`, resource: `s3://${bucket}` };
}

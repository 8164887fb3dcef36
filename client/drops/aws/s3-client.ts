/** How S3 is spoken to. */
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { AwsAddress } from './address.ts';
import { sendOptions } from './calls.ts';
import { eachAttempt, metering } from './meter.ts';
import { answerTimeout, type ClientSettings, serviceEndpoint, sharedConfig } from './settings.ts';

export function makeS3Client(address: AwsAddress, settings: ClientSettings): S3Client {
  const endpoint = serviceEndpoint(settings, address, 'S3');
  const shared = sharedConfig(settings, endpoint);
  const client = new S3Client({
    ...shared,
    // Emulators are asked at one host for all buckets.
    forcePathStyle: endpoint !== undefined,
    // Every chunk of a parcel is authenticated by its own encryption.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Asking first would cost a round trip and a new connection for every part.
    expectContinueHeader: false,
    // No byte either way for so long: the line is dead.
    requestHandler: { ...shared.requestHandler, socketTimeout: settings.timing.answer * 2 },
  });
  if (settings.meter) client.middlewareStack.add(metering(settings.meter), eachAttempt);
  return client;
}

/** Asks whether a bucket is there. Throws what the SDK throws. */
export async function headBucket(
  address: AwsAddress,
  bucket: string,
  settings: ClientSettings,
  signal: AbortSignal | undefined,
): Promise<void> {
  const client = makeS3Client(address, settings);
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }), sendOptions(signal, answerTimeout(settings, 0)));
  } finally {
    client.destroy();
  }
}

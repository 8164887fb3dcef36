/** A plain multipart upload, or a plain ranged download, with the SDK: four parts of 8 MiB in flight. */
import { open, stat } from 'node:fs/promises';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

const PART = 8 * 1024 * 1024;
const IN_FLIGHT = 4;

const [how, Bucket = '', path = ''] = process.argv.slice(2);
const Key = 'plain';
const client = new S3Client({ forcePathStyle: true });
await (how === 'put' ? put() : get());
client.destroy();

async function put(): Promise<void> {
  const file = await open(path, 'r');
  const { size } = await stat(path);
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const Parts: { ETag: string | undefined; PartNumber: number }[] = [];
  await inParallel(Math.ceil(size / PART), async (index) => {
    const length = Math.min(PART, size - index * PART);
    const Body = Buffer.allocUnsafe(length);
    await file.read(Body, 0, length, index * PART);
    const PartNumber = index + 1;
    const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
    Parts[index] = { ETag, PartNumber };
  });
  await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
  await file.close();
}

async function get(): Promise<void> {
  const file = await open(path, 'wx');
  const { ContentLength: size = 0 } = await client.send(new HeadObjectCommand({ Bucket, Key }));
  await inParallel(Math.ceil(size / PART), async (index) => {
    const Range = `bytes=${index * PART}-${Math.min(size, (index + 1) * PART) - 1}`;
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, Range }));
    if (Body === undefined) throw new Error('an answer without a body');
    await file.write(await Body.transformToByteArray(), undefined, undefined, index * PART);
  });
  await file.close();
}

async function inParallel(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}

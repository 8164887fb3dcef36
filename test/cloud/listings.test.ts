/** Listings of the embedded S3: in the order and pages that S3 has, uploads included. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { type EmbeddedCloud, startCloud } from '../../client/cloud/index.ts';

let cloud: EmbeddedCloud;
let client: S3Client;
before(async () => {
  cloud = await startCloud();
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new S3Client({ endpoint: cloud.endpoint, region: cloud.region, credentials });
});
after(async () => {
  client.destroy();
  await cloud.close();
});

let channels = 0;
function freshBucket(): string {
  return cloud.makeChannel({ a: `alice${++channels}`, b: 'bob' }).bucket;
}

test('keys come in the order of their bytes, all of them, in pages of any size', async () => {
  const Bucket = freshBucket();
  const keys = ['B', '_', 'a', '-', 'A', '0', 'z', 'b'].map((name) => `p/${name}`);
  for (const Key of [...keys, 'q/other']) await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  const wanted = keys.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  for (const MaxKeys of [1, 3, 8, 100]) {
    const found: string[] = [];
    for (let StartAfter: string | undefined; ; ) {
      const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'p/', MaxKeys, StartAfter }));
      found.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
      StartAfter = found.at(-1);
      if (!page.IsTruncated) break;
      assert.equal(page.Contents?.length, MaxKeys);
    }
    assert.deepEqual(found, wanted);
  }
});

test('with a delimiter, prefixes come once each, beside the keys that have none', async () => {
  const Bucket = freshBucket();
  for (const Key of ['p/B/1', 'p/B/2', 'p/a/1', 'p/Z', 'p/x']) {
    await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  }
  const list = { Bucket, Prefix: 'p/', Delimiter: '/' };
  const all = await client.send(new ListObjectsV2Command(list));
  assert.deepEqual(
    [all.Contents?.map(({ Key }) => Key), all.CommonPrefixes?.map(({ Prefix }) => Prefix)],
    [
      ['p/Z', 'p/x'],
      ['p/B/', 'p/a/'],
    ],
  );
  const first = await client.send(new ListObjectsV2Command({ ...list, MaxKeys: 1 }));
  assert.deepEqual([first.CommonPrefixes?.[0]?.Prefix, first.IsTruncated], ['p/B/', true]);
  const second = await client.send(
    new ListObjectsV2Command({ ...list, MaxKeys: 1, ContinuationToken: first.NextContinuationToken }),
  );
  assert.deepEqual([second.Contents?.[0]?.Key, second.CommonPrefixes], ['p/Z', undefined]);
});

test('uploads are listed until they are complete or given up, in pages, by prefix', async () => {
  const Bucket = freshBucket();
  const start = async (Key: string) => {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    return { Bucket, Key, UploadId };
  };
  const [done, given] = [await start('a/done'), await start('a/given-up')];
  for (const key of ['b/other', 'a/two & two', 'a/one', 'a/one']) await start(key);
  const { ETag } = await client.send(new UploadPartCommand({ ...done, PartNumber: 1, Body: 'x' }));
  const MultipartUpload = { Parts: [{ ETag, PartNumber: 1 }] };
  await client.send(new CompleteMultipartUploadCommand({ ...done, MultipartUpload }));
  await client.send(new AbortMultipartUploadCommand(given));
  for (const MaxUploads of [1, 2, 10]) {
    const found: (string | undefined)[] = [];
    for (let more = {}; ; ) {
      const page = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'a/', MaxUploads, ...more }));
      found.push(...(page.Uploads ?? []).map(({ Key, Initiated }) => (Initiated ? Key : undefined)));
      if (!page.IsTruncated) break;
      more = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
    }
    assert.deepEqual(found, ['a/one', 'a/one', 'a/two & two']);
  }
  await assert.rejects(client.send(new ListMultipartUploadsCommand({ Bucket: 'not-there' })), { name: 'NoSuchBucket' });
  assert.ok((cloud.calls().ListMultipartUploads ?? 0) > 0);
});

test('names come encoded where that is asked for, whatever they hold', async () => {
  const Bucket = freshBucket();
  const keys = ['p/\u0001', 'p/\r\n', "p/& <é>'%+", 'p/日 記/x'];
  for (const Key of keys) {
    await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
    await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  }
  const asked = { Bucket, Prefix: 'p/', EncodingType: 'url' } as const;
  const decode = (text = '') => decodeURIComponent(text.replaceAll('+', ' '));
  const objects = await client.send(new ListObjectsV2Command({ ...asked, Delimiter: '/' }));
  const names = objects.Contents?.map(({ Key }) => decode(Key)) ?? [];
  assert.deepEqual(new Set([...names, `${decode(objects.CommonPrefixes?.[0]?.Prefix)}x`]), new Set(keys));
  const uploads = await client.send(new ListMultipartUploadsCommand({ ...asked, MaxUploads: 3 }));
  assert.deepEqual([objects.EncodingType, uploads.EncodingType, uploads.Uploads?.length], ['url', 'url', 3]);
  const more = await client.send(
    new ListMultipartUploadsCommand({ ...asked, KeyMarker: decode(uploads.NextKeyMarker) }),
  );
  const found = [...(uploads.Uploads ?? []), ...(more.Uploads ?? [])].map(({ Key }) => decode(Key));
  assert.deepEqual(new Set(found), new Set(keys));
});

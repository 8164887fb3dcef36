/** The handler over the embedded S3, with faults put between: throttling, partial failures, time that runs out. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  type DeleteObjectsCommandInput,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { type AwsClientStub, mockClient } from 'aws-sdk-client-mock';
import { expireDrops } from '../../lambdas/expire-drops/expire.ts';
import { S3Shelf } from '../../lambdas/expire-drops/shelf.ts';
import { TestBucket } from './bucket.ts';
import { run } from './in-process.ts';

const DAY = 86_400_000;
const ahead = [1, 24, 300];
/** Of stale parcels; two pages and a half of each side. */
const stale = 5_000;

let bucket: TestBucket;
let environment: NodeJS.ProcessEnv;
before(async () => {
  bucket = await TestBucket.make();
  environment = { ...process.env };
  Object.assign(process.env, bucket.env, { AWS_EC2_METADATA_DISABLED: 'true' });
});
after(async () => {
  process.env = environment;
  await bucket[Symbol.asyncDispose]();
});

/** All of the SDK's calls go through to the bucket, save those that a test takes. */
function faults(): AwsClientStub<S3Client> & Disposable {
  const stub = mockClient(S3Client);
  stub.send.callThrough();
  return Object.assign(stub, { [Symbol.dispose]: () => stub.restore() });
}

function failure(name: string): Error {
  return Object.assign(new Error(`${name} with words that nobody is to see`), { name });
}

/** A bucket with fresh parcels, which are answered, and stale ones. */
function fill(): Set<string> {
  for (const key of bucket.keys()) bucket.remove(key);
  bucket.fill(stale, [-1, -24, -300]);
  const odd = ['a/odd/1', 'b/odd'];
  for (const key of odd) bucket.put(key);
  return new Set(bucket.fill(600, ahead));
}

function assertFreshThere(fresh: ReadonlySet<string>): void {
  const there = bucket.keys();
  assert.deepEqual(
    [...fresh].filter((key) => !there.has(key)),
    [],
  );
}

/** Once nothing fails any more, one run sets all right. */
async function assertNextRunCleans(fresh: ReadonlySet<string>): Promise<void> {
  const { report, error } = await run();
  assert.equal(error, undefined);
  assert.deepEqual([report.Failed, report.Unfinished, report.errors], [0, 0, {}]);
  assert.deepEqual(bucket.keys(), fresh);
  assert.deepEqual(bucket.uploads(), []);
}

test('a batch that is throttled is counted, the others go, and the run fails at its end', async () => {
  const fresh = fill();
  using stub = faults();
  stub.on(DeleteObjectsCommand).rejectsOnce(failure('SlowDown'));
  const { report, error } = await run();
  stub.restore();
  assert.match(String(error), /^Error: 1000 parcels and uploads could not be removed \(1 errors\)/);
  assert.deepEqual(
    [report.Removed, report.Failed, report.errors],
    [stale + 2 - 1_000, 1_000, { 's3:DeleteObject: SlowDown': 1 }],
  );
  assert.equal(bucket.keys().size, fresh.size + 1_000);
  assertFreshThere(fresh);
  await assertNextRunCleans(fresh);
});

test('of a batch that fails in part, what stayed is counted', async () => {
  const fresh = fill();
  using stub = faults();
  stub.on(DeleteObjectsCommand).callsFakeOnce(({ Delete }: DeleteObjectsCommandInput) => {
    const keys = (Delete?.Objects ?? []).map(({ Key = '' }) => Key);
    for (const key of keys.slice(7)) bucket.remove(key);
    return { Errors: keys.slice(0, 7).map((Key) => ({ Key, Code: 'InternalError', Message: Key })) };
  });
  const { report, error } = await run();
  stub.restore();
  assert.match(String(error), /^Error: 7 parcels/);
  assert.deepEqual(
    [report.Removed, report.Failed, report.errors],
    [stale + 2 - 7, 7, { 's3:DeleteObject: InternalError': 7 }],
  );
  assert.equal(bucket.keys().size, fresh.size + 7);
  assertFreshThere(fresh);
  await assertNextRunCleans(fresh);
});

test('a listing that fails ends its part only', async () => {
  const fresh = fill();
  const waiting = bucket.startUpload('b/odd', 0);
  using stub = faults();
  stub.on(ListObjectsV2Command, { Prefix: 'a/' }).rejects(failure('TimeoutError'));
  stub.on(ListMultipartUploadsCommand, { Prefix: 'b/' }).rejects(failure('AccessDenied'));
  const { report, error } = await run();
  stub.restore();
  assert.match(String(error), /^Error: 0 parcels and uploads could not be removed \(2 errors\)/);
  assert.deepEqual(report.errors, {
    's3:ListBucket: TimeoutError': 1,
    's3:ListBucketMultipartUploads: AccessDenied': 1,
  });
  assert.deepEqual(
    [...bucket.keys()].filter((key) => key.startsWith('b/') && !fresh.has(key)),
    [],
  );
  assert.deepEqual(bucket.uploads(), [waiting]);
  assertFreshThere(fresh);
  await assertNextRunCleans(fresh);
});

test('a name that can not be decoded ends its part only', async () => {
  const fresh = fill();
  using stub = faults();
  const unreadable = { EncodingType: 'url' as const, Contents: [{ Key: 'a/%FF' }] };
  stub.on(ListObjectsV2Command, { Prefix: 'a/' }).resolvesOnce(unreadable);
  const { report, error } = await run();
  stub.restore();
  assert.match(String(error), /^Error: 0 parcels and uploads could not be removed \(1 errors\)/);
  assert.deepEqual([report.Removed, report.errors], [stale / 2 + 1, { 's3:ListBucket: URIError': 1 }]);
  await assertNextRunCleans(fresh);
});

test('a second page that can not be had leaves what the first one showed done', async () => {
  const fresh = fill();
  using stub = faults();
  let pages = 0;
  stub.send.callsFake((command, ...rest: []) => {
    const isOfA = command instanceof ListObjectsV2Command && command.input.Prefix === 'a/';
    if (isOfA && ++pages === 2) return Promise.reject(failure('TimeoutError'));
    return stub.send.wrappedMethod.call(stub.send.lastCall.thisValue, command, ...rest);
  });
  const { report } = await run();
  stub.restore();
  // Of a's 2,500 the first thousand, of b all.
  assert.deepEqual([report.Removed, report.Failed], [1_000 + stale / 2 + 1, 0]);
  assertFreshThere(fresh);
  await assertNextRunCleans(fresh);
});

test('an upload that is gone is no failure; one that stays is', async () => {
  const fresh = fill();
  for (const number of [1, 2]) bucket.startUpload(`a/odd${number}`, DAY);
  using stub = faults();
  stub.on(AbortMultipartUploadCommand, { Key: 'a/odd1' }).rejects(failure('NoSuchUpload'));
  stub.on(AbortMultipartUploadCommand, { Key: 'a/odd2' }).rejects(failure('SlowDown'));
  const { report } = await run();
  stub.restore();
  assert.deepEqual([report.Aborted, report.Failed], [1, 1]);
  assert.deepEqual(report.errors, { 's3:AbortMultipartUpload: SlowDown': 1 });
  await assertNextRunCleans(fresh);
});

test('time that is up in the middle is no failure, and the next run goes on', async () => {
  const fresh = fill();
  const client = new S3Client({});
  const ending = new AbortController();
  using stub = faults();
  stub.on(ListObjectsV2Command, { Prefix: 'b/' }).callsFakeOnce(() => {
    ending.abort();
    return Promise.reject(failure('AbortError'));
  });
  const outcome = await expireDrops(new S3Shelf(client, bucket.name, ending.signal), Date.now(), ending.signal);
  client.destroy();
  stub.restore();
  assert.deepEqual([outcome.failed, outcome.finished, outcome.errors], [0, false, []]);
  assert.ok(outcome.removed <= stale / 2 + 1, 'nothing of b');
  assertFreshThere(fresh);
  await assertNextRunCleans(fresh);
});

test('time that is up between names that go one by one is no failure either', async () => {
  const fresh = fill();
  for (const name of ['日', '月']) bucket.put(`a/${name}`);
  const client = new S3Client({});
  const ending = new AbortController();
  using stub = faults();
  stub.on(DeleteObjectCommand).callsFakeOnce(() => {
    ending.abort();
    return Promise.reject(failure('AbortError'));
  });
  const outcome = await expireDrops(new S3Shelf(client, bucket.name, ending.signal), Date.now(), ending.signal);
  client.destroy();
  stub.restore();
  assert.deepEqual([outcome.failed, outcome.finished, outcome.errors], [0, false, []]);
  await assertNextRunCleans(fresh);
});

test('names that no XML holds are read as S3 encodes them, and removed one by one', async () => {
  const fresh = fill();
  using stub = faults();
  const encoded = { EncodingType: 'url' as const, IsTruncated: false };
  stub.on(ListObjectsV2Command, { Prefix: 'a/', EncodingType: 'url' }).resolvesOnce({
    ...encoded,
    Contents: [{ Key: 'a/%01' }, { Key: 'a/+plus%2B' }, { Key: 'a/%E6%97%A5' }],
  });
  stub
    .on(ListMultipartUploadsCommand, { Prefix: 'a/', EncodingType: 'url' })
    .resolvesOnce({
      ...encoded,
      Uploads: [{ Key: 'a/%01', UploadId: '1' }],
      IsTruncated: true,
      NextKeyMarker: 'a/%01',
      NextUploadIdMarker: '1',
    })
    .resolvesOnce({ ...encoded, Uploads: [{ Key: 'a/+', UploadId: '2' }] });
  stub.on(AbortMultipartUploadCommand).resolves({});
  const { report, error } = await run();
  assert.deepEqual([error, report.Aborted], [undefined, 2]);
  const [batch] = stub.commandCalls(DeleteObjectsCommand).map(({ args: [{ input }] }) => input.Delete?.Objects);
  assert.deepEqual(batch, [{ Key: 'a/ plus+' }]);
  const alone = stub.commandCalls(DeleteObjectCommand).map(({ args: [{ input }] }) => input.Key);
  assert.deepEqual(alone, ['a/\u0001', 'a/日']);
  const given = stub
    .commandCalls(AbortMultipartUploadCommand)
    .map(({ args: [{ input }] }) => [input.Key, input.UploadId]);
  assert.deepEqual(given, [
    ['a/\u0001', '1'],
    ['a/ ', '2'],
  ]);
  const [, next] = stub.commandCalls(ListMultipartUploadsCommand).map(({ args: [{ input }] }) => input);
  assert.deepEqual([next?.KeyMarker, next?.UploadIdMarker], ['a/\u0001', '1']);
  stub.restore();
  await assertNextRunCleans(fresh);
});

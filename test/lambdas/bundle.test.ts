/** The very file that a deployment uploads, as a process, against the embedded S3. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';
import { TestBucket } from './bucket.ts';
import { bundleExpiry } from './bundle.ts';
import { type Invocation, invoke } from './invoke.ts';

const DAY = 86_400_000;
const passed = [-1, -2, -30, -300];
const ahead = Array.from({ length: 14 * 24 }, (_, index) => index + 1);

let folder: string;
let file: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'btr-bundle-'));
  file = bundleExpiry(folder);
});
after(() => rm(folder, { recursive: true, force: true }));

test('of 100,000 parcels the 1,000 stale ones go, with at most 20 requests and one for each thousand', async () => {
  await using bucket = await TestBucket.make();
  const fresh = bucket.fill(99_000, ahead);
  bucket.fill(1_000, passed);
  const { code, stderr, report } = await invoke(file, bucket.env);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  assert.deepEqual(bucket.keys(), new Set(fresh));
  assert.deepEqual([report?.Removed, report?.Failed, report?.Unfinished, report?.errors], [1_000, 0, 0, {}]);
  const requests = Object.values(bucket.cloud.calls()).reduce((sum, count) => sum + count, 0);
  assert.ok(requests <= 21, JSON.stringify(bucket.cloud.calls()));
});

test('with nothing to do it asks a few times, and removes nothing', async () => {
  await using bucket = await TestBucket.make();
  const fresh = bucket.fill(5_000, ahead);
  assert.equal((await invoke(file, bucket.env)).code, 0);
  assert.deepEqual(bucket.keys(), new Set(fresh));
  // Of each side: the front of the listing, its hours, its uploads.
  assert.deepEqual(bucket.cloud.calls(), { ListObjects: 4, ListMultipartUploads: 2 });
});

test('thousands of stale parcels, odd keys, keys too far ahead and old uploads go; the rest stays', async () => {
  await using bucket = await TestBucket.make();
  const fresh = bucket.fill(2_000, ahead);
  bucket.fill(4_500, passed);
  const odd = [
    'a/',
    'a/0',
    'a/note.txt',
    'b/x/y/z',
    'b/2026-13-01T00/x',
    'b/ with space & <more>',
    'a/日記',
    'a/\u0001',
  ];
  const tooFar = formatParcelKey('b', Date.now() + 16 * DAY, Buffer.alloc(16));
  for (const key of [...odd, tooFar]) bucket.put(key);
  const [soon, later] = [formatParcelKey('a', Date.now() - DAY, Buffer.alloc(16)), fresh[0] ?? ''];
  const kept = bucket.startUpload(later, DAY);
  for (const [key, age] of [
    [soon, 0],
    [later, 8 * DAY],
    ['b/odd', 0],
    [tooFar, 0],
  ] as const)
    bucket.startUpload(key, age);
  const { code, stderr, report } = await invoke(file, bucket.env);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  assert.deepEqual(bucket.keys(), new Set(fresh));
  assert.deepEqual(bucket.uploads(), [kept]);
  assert.deepEqual([report?.Removed, report?.Aborted], [4_500 + odd.length + 1, 4]);
});

test('two runs at once do each other no harm, and a third finds nothing', async () => {
  await using bucket = await TestBucket.make();
  const fresh = bucket.fill(3_000, ahead);
  bucket.fill(6_000, passed);
  bucket.startUpload('a/odd', 0);
  const runs = await Promise.all([invoke(file, bucket.env), invoke(file, bucket.env)]);
  assert.deepEqual(
    runs.map(({ code }) => code),
    [0, 0],
  );
  assert.deepEqual(bucket.keys(), new Set(fresh));
  assert.deepEqual(bucket.uploads(), []);
  const { report } = await invoke(file, bucket.env);
  assert.deepEqual([report?.Removed, report?.Aborted], [0, 0]);
});

test('a run without time says so and fails not; the next one goes on', async () => {
  await using bucket = await TestBucket.make();
  bucket.fill(1_500, passed);
  const short = await invoke(file, bucket.env, 10_000);
  assert.deepEqual([short.code, short.report?.Unfinished, short.report?.Failed], [0, 1, 0]);
  const next = await invoke(file, bucket.env);
  assert.deepEqual([next.code, next.report?.Unfinished, bucket.keys().size], [0, 0, 0]);
});

test('what it logs holds neither keys nor names, also where it fails', async () => {
  await using bucket = await TestBucket.make();
  const [key = ''] = bucket.fill(3, [-1]);
  const good = await invoke(file, bucket.env);
  const bad = await invoke(file, { ...bucket.env, BUCKET: 'btr-alice-bob-not-there' });
  assert.deepEqual([good.code, bad.code], [0, 1]);
  assert.deepEqual(bad.report?.errors, {
    's3:ListBucket: NoSuchBucket': 2,
    's3:ListBucketMultipartUploads: NoSuchBucket': 2,
  });
  assert.match(bad.stderr, /0 parcels and uploads could not be removed \(4 errors\); the next run tries again\./);
  const words = [bucket.name, 'alice', 'bob', key, key.slice(-22), bucket.env.AWS_SECRET_ACCESS_KEY ?? ''];
  for (const word of words) {
    for (const { stdout, stderr } of [good, bad]) assert.ok(!`${stdout}${stderr}`.includes(word), word);
  }
  assert.equal(good.report?.Removed, 3);
  const { CloudWatchMetrics, Timestamp } = metricsIn(good.report);
  const Metrics = [{ Name: 'Removed', Unit: 'Count' }];
  assert.deepEqual(CloudWatchMetrics, [{ Namespace: 'btr/expire-drops', Dimensions: [[]], Metrics }]);
  assert.ok(Number(Timestamp) > Date.now() - DAY && Number(Timestamp) <= Date.now());
  // A run that found nothing costs no metric.
  const idle = await invoke(file, bucket.env);
  assert.deepEqual([idle.report?.Removed, idle.report?._aws], [0, undefined]);
  const said = await invoke(file, { ...bucket.cloud.env });
  assert.match(said.stderr, /The variable BUCKET is not set\./);
});

function metricsIn(report: Invocation['report']): Readonly<Record<string, unknown>> {
  const metrics = report?._aws;
  return typeof metrics === 'object' ? { ...metrics } : {};
}

/** Emptying a bucket and deleting a stack, with the rights of the owner. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { type EmbeddedCloud, startCloud } from '../../client/cloud/index.ts';
import type { AwsAddress } from '../../client/drops/aws/address.ts';
import { emptyBucket } from '../../client/drops/aws/empty-bucket.ts';
import { deleteStack, describeHoldings } from '../../client/drops/aws/teardown.ts';
import { type MadeStack, type StacksOptions, startStacks } from '../tools/stacks.ts';
import { type Refusal, stubEndpoint } from '../tools/stub.ts';
import { bare, withVariables } from './variables.ts';

let cloud: EmbeddedCloud;
let s3: S3Client;
before(async () => {
  cloud = await startCloud();
  const { endpoint, region } = cloud;
  const credentials = { accessKeyId: 'owner', secretAccessKey: 'not-a-secret' };
  s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
});
after(async () => {
  s3.destroy();
  await cloud.close();
});

const signal = undefined;
const owner = {
  ...bare,
  AWS_ACCESS_KEY_ID: 'owner',
  AWS_SECRET_ACCESS_KEY: 'not-a-secret',
  AWS_REGION: 'eu-central-1',
};

function placeAt(endpoint: string): AwsAddress {
  const queues = { 'a-to-b': 'ab.fifo', 'b-to-a': 'ba.fifo' };
  // Of a buddy, in the address: no right of theirs is used.
  const credentials = { accessKeyId: 'AKIAAKIAAKIAAKIA', secretAccessKey: 'not-a-secret-at-all' };
  return { kind: 'aws', queues, region: 'eu-central-1', endpoint, credentials };
}

test('a bucket is emptied a thousand at a time, uploads and all', async () => {
  using _ = withVariables(owner);
  const Bucket = 'full';
  await s3.send(new CreateBucketCommand({ Bucket }));
  for (let start = 0; start < 1001; start += 91) {
    const keys = Array.from({ length: Math.min(91, 1001 - start) }, (_, index) => `a/${start + index}`);
    await Promise.all(keys.map((Key) => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))));
  }
  await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'b/begun' }));
  const { DeleteObjects: earlier = 0 } = cloud.calls();
  assert.deepEqual(await emptyBucket(placeAt(cloud.endpoint), Bucket, signal), { objects: 1001, uploads: 1 });
  assert.equal(cloud.calls().DeleteObjects, earlier + 2);
  assert.equal((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
  assert.equal((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads, undefined);
  assert.deepEqual(await emptyBucket(placeAt(cloud.endpoint), Bucket, signal), { objects: 0, uploads: 0 });
});

test('whatever names a buddy made up, the bucket is emptied', { timeout: 60_000 }, async () => {
  using _ = withVariables(owner);
  const Bucket = 'odd';
  await s3.send(new CreateBucketCommand({ Bucket }));
  for (const Key of ['a/\u0001', 'a/\r\n', 'a/ ', 'b/&amp;', 'b/日記', 'elsewhere']) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
    await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  }
  assert.deepEqual(await emptyBucket(placeAt(cloud.endpoint), Bucket, signal), { objects: 6, uploads: 6 });
  assert.equal((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 0);
  assert.equal((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads, undefined);
});

test('a bucket that is gone is empty', async () => {
  using _ = withVariables(owner);
  assert.deepEqual(await emptyBucket(placeAt(cloud.endpoint), 'never-there', signal), { objects: 0, uploads: 0 });
});

function s3Answer(status: number, body: string): Refusal {
  return { status, headers: { 'content-type': 'application/xml' }, body };
}

test('a missing permission is named, whether for the bucket or for one of its objects', async () => {
  using _ = withVariables(owner);
  const Bucket = 'guarded';
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'a/one', Body: 'x' }));
  const denied = s3Answer(403, '<Error><Code>AccessDenied</Code><Message>no</Message></Error>');
  const entry = '<Error><Key>a/one</Key><Code>AccessDenied</Code><Message>no</Message></Error>';
  const partly = s3Answer(200, `<DeleteResult>${entry}</DeleteResult>`);
  for (const [refusal, method, action] of [
    [denied, 'GET', 'ListBucketMultipartUploads'],
    [partly, 'POST', 'DeleteObject'],
  ] as const) {
    await using stub = await stubEndpoint(cloud.endpoint, (asked) => (asked === method ? refusal : undefined));
    await assert.rejects(emptyBucket(placeAt(stub.endpoint), Bucket, signal), {
      message: `Access denied: these credentials may not do s3:${action} on s3://guarded.`,
      exitCode: 4,
    });
  }
  assert.equal((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount, 1);
});

const name = 'Btr-alice-bob';
const resources = {
  Queue: { type: 'AWS::SQS::Queue', name: 'https://sqs.example/1/ab.fifo' },
  Bucket: { type: 'AWS::S3::Bucket', name: 'made-up-bucket' },
  Alice: { type: 'AWS::IAM::User', name: 'Btr-alice-bob-alice' },
  Bob: { type: 'AWS::IAM::User', name: 'Btr-alice-bob-bob' },
};

async function withStack(stack: MadeStack, options: StacksOptions = {}) {
  const stacks = await startStacks({ ...options, stacks: { [name]: stack } });
  const variables = withVariables({ ...owner, ...stacks.env });
  return {
    stacks,
    async [Symbol.asyncDispose]() {
      variables[Symbol.dispose]();
      await stacks[Symbol.asyncDispose]();
    },
  };
}

test('what a stack holds: its users, and its bucket, which may be one that stays', async () => {
  const users = ['Btr-alice-bob-alice', 'Btr-alice-bob-bob'];
  await using _ = await withStack({ status: 'CREATE_COMPLETE', resources });
  assert.deepEqual(await describeHoldings(name, {}), { users, bucket: { name: 'made-up-bucket', isRetained: false } });
  const kept = { ...resources, Bucket: { ...resources.Bucket, isRetained: true } };
  await using __ = await withStack({ status: 'CREATE_COMPLETE', resources: kept });
  assert.deepEqual(await describeHoldings(name, {}), { users, bucket: { name: 'made-up-bucket', isRetained: true } });
});

test('a stack is deleted', async () => {
  await using at = await withStack({ status: 'CREATE_COMPLETE', resources });
  await deleteStack(name, {});
  assert.deepEqual([...at.stacks.stacks], []);
  assert.deepEqual(at.stacks.calls, ['DeleteStack', 'DescribeStacks']);
});

test('what stood in the way of the deletion is named with its reason, and nothing of earlier ones', async () => {
  const onDelete = { resource: 'Bucket', reason: 'The bucket you tried to delete is not empty' };
  await using _ = await withStack({ status: 'CREATE_COMPLETE', resources, onDelete });
  await assert.rejects(deleteStack(name, {}), {
    code: 'stack-not-deleted',
    exitCode: 4,
    message:
      'CloudFormation could not delete the stack Btr-alice-bob (DELETE_FAILED). ' +
      'AWS::S3::Bucket made-up-bucket: The bucket you tried to delete is not empty',
  });
});

test('waiting for the end can be given up', async () => {
  const interrupt = new AbortController();
  const refuse = (action: string) => {
    if (action === 'DescribeStacks') interrupt.abort(new Error('enough'));
    return undefined;
  };
  await using at = await withStack({ status: 'CREATE_COMPLETE', resources, onDelete: 'stays' }, { refuse });
  await assert.rejects(deleteStack(name, { signal: interrupt.signal }), /enough/);
  assert.equal(at.stacks.stacks.get(name)?.status, 'DELETE_IN_PROGRESS');
});

for (const [action, call] of [
  ['DeleteStack', () => deleteStack(name, {})],
  ['DescribeStackResources', () => describeHoldings(name, {})],
  ['GetTemplate', () => describeHoldings(name, {})],
] as const) {
  test(`a missing permission for ${action} is named`, async () => {
    const refuse = (asked: string) => (asked === action ? { code: 'AccessDenied' } : undefined);
    await using _ = await withStack({ status: 'CREATE_COMPLETE', resources }, { refuse });
    await assert.rejects(call(), {
      message: `Access denied: these credentials may not do cloudformation:${action} on stack ${name}.`,
      exitCode: 4,
    });
  });
}

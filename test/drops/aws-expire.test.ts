/** Removing by hand what stayed in a bucket past its time. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { awsKind } from '../../client/drops/aws/kind.ts';
import type { DropAddress } from '../../client/drops/registry.ts';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';
import { TestBucket } from '../lambdas/bucket.ts';
import { forward, reply } from '../tools/guard/forward.ts';
import { type Refusal, stubEndpoint } from '../tools/stub.ts';
import { listen } from './aws-tools.ts';
import { bare, withVariables } from './variables.ts';

const DAY = 86_400_000;
const queues = { 'a-to-b': 'ab.fifo', 'b-to-a': 'ba.fifo' };

/** Without an endpoint: it is where the variables say. */
function addressOf(bucket: TestBucket): DropAddress {
  return { kind: 'aws', queues, bucket: bucket.name, region: 'us-east-1' };
}

function asOwner(bucket: TestBucket, endpoint = bucket.cloud.endpoint): Disposable {
  return withVariables({ ...bare, ...bucket.cloud.env, AWS_ENDPOINT_URL: endpoint });
}

async function expire(address: DropAddress, signal?: AbortSignal) {
  const now = Date.now();
  return awsKind.expire?.(address, { now, ...(signal ? { signal } : {}) });
}

function refusal(code: string, status: number): Refusal {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body };
}

test('aws-expire: what the function removes is removed by hand, and told', async () => {
  await using bucket = await TestBucket.make();
  using _owner = asOwner(bucket);
  const fresh = bucket.fill(300, [1, 24]);
  bucket.fill(1_200, [-1, -24]);
  bucket.put('b/odd');
  bucket.startUpload('a/odd', 0);
  assert.deepEqual(await expire(addressOf(bucket)), { removed: 1_201, aborted: 1, failed: 0, finished: true });
  assert.deepEqual(bucket.keys(), new Set(fresh));
  assert.deepEqual(await expire(addressOf(bucket)), { removed: 0, aborted: 0, failed: 0, finished: true });
});

test("aws-expire: the key in the address is a buddy's and is not used", async () => {
  await using bucket = await TestBucket.make();
  const credentials = { accessKeyId: 'AKIABUDDYBUDDYBUDDYB', secretAccessKey: 'x'.repeat(40) };
  const signers = new Set<string | undefined>();
  const server = createServer((request, response) => {
    signers.add(/Credential=([^/]+)/.exec(request.headers.authorization ?? '')?.[1]);
    response.writeHead(200, { 'content-type': 'application/xml' }).end('<ListBucketResult></ListBucketResult>');
  });
  await using endpoint = await listening(server);
  using _owner = asOwner(bucket, endpoint.url);
  await expire({ ...addressOf(bucket), credentials });
  assert.deepEqual([...signers], ['embedded']);
});

test("aws-expire: a machine whose clock is wrong goes by the cloud's", async () => {
  await using bucket = await TestBucket.make();
  for (const behind of [30 * DAY, -30 * DAY]) {
    const server = createServer(async (request, response) => {
      const { method = '', url = '', headers } = request;
      const body = Buffer.concat(await request.toArray());
      const answer = await forward(bucket.cloud.endpoint, { method, url, headers, body }, new AbortController().signal);
      reply(
        response,
        { ...answer, headers: { ...answer.headers, date: new Date(Date.now() - behind).toUTCString() } },
        false,
      );
    });
    await using endpoint = await listening(server);
    using _owner = asOwner(bucket, endpoint.url);
    const keys = [1, 14, -1].map((days) => formatParcelKey('a', Date.now() - behind + days * DAY, Buffer.alloc(16)));
    for (const key of keys) bucket.put(key);
    assert.equal((await expire(addressOf(bucket)))?.removed, 1);
    assert.deepEqual(bucket.keys(), new Set(keys.slice(0, 2)));
    for (const key of bucket.keys()) bucket.remove(key);
  }
});

test('aws-expire: who may not list, or may not remove, is told which permission is missing', async () => {
  await using bucket = await TestBucket.make();
  bucket.fill(10, [-1]);
  for (const [method, permission] of [
    ['GET', 's3:ListBucket'],
    ['POST', 's3:DeleteObject'],
  ] as const) {
    await using stub = await stubEndpoint(bucket.cloud.endpoint, (action) =>
      action === method ? refusal('AccessDenied', 403) : undefined,
    );
    using _owner = asOwner(bucket, stub.endpoint);
    await assert.rejects(expire(addressOf(bucket)), {
      kind: 'drop',
      code: 'access-denied',
      message: `Access denied: these credentials may not do ${permission} on s3://${bucket.name}.`,
    });
    assert.equal(bucket.keys().size, 10);
  }
});

test('aws-expire: a listing that fails later is told, and what stays in part is counted', async () => {
  await using bucket = await TestBucket.make();
  const keys = bucket.fill(4, [-1]);
  {
    // Once both sides' parcels are asked to go, only uploads are still to be listed.
    let removals = 0;
    await using stub = await stubEndpoint(bucket.cloud.endpoint, (action) => {
      if (action === 'POST') removals += 1;
      return action === 'GET' && removals === 2 ? refusal('AccessDenied', 403) : undefined;
    });
    using _owner = asOwner(bucket, stub.endpoint);
    await assert.rejects(expire(addressOf(bucket)), { message: /may not do s3:ListBucketMultipartUploads on/ });
    assert.equal(bucket.keys().size, 0);
  }
  for (const key of keys) bucket.put(key);
  await using stub = await stubEndpoint(bucket.cloud.endpoint, (action, before) =>
    action === 'POST' && before === 0 ? refusal('AccessDenied', 403) : undefined,
  );
  using _owner = asOwner(bucket, stub.endpoint);
  assert.deepEqual(await expire(addressOf(bucket)), { removed: 2, aborted: 0, failed: 2, finished: true });
});

test('aws-expire: a bucket that is not there, or no bucket at all', async () => {
  await using bucket = await TestBucket.make();
  using _owner = asOwner(bucket);
  await assert.rejects(expire({ ...addressOf(bucket), bucket: 'not-there' }), { code: 'no-such-bucket' });
  const nothing = { removed: 0, aborted: 0, failed: 0, finished: true };
  assert.deepEqual(await expire({ kind: 'aws', queues, region: 'us-east-1' }), nothing);
});

test('aws-expire: whoever interrupts it gets what was done, or the reason', async () => {
  await using bucket = await TestBucket.make();
  bucket.fill(10, [-1]);
  const ending = new AbortController();
  await using stub = await stubEndpoint(bucket.cloud.endpoint, (action) => {
    if (action === 'POST') ending.abort(new Error('enough'));
    return undefined;
  });
  using _owner = asOwner(bucket, stub.endpoint);
  assert.equal((await expire(addressOf(bucket), ending.signal))?.finished, false);
  await assert.rejects(expire(addressOf(bucket), ending.signal), { message: 'enough' });
});

async function listening(server: ReturnType<typeof createServer>) {
  const url = await listen(server);
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The meter of an AWS drop: what it counts is what the cloud itself counted, each attempt once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCloud } from '../../client/cloud/index.ts';
import { openAwsDrop } from '../../client/drops/aws/index.ts';
import type { Request } from '../../client/drops/usage.ts';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';
import { parcelsOf, readRange } from '../contract/tools.ts';
import { type Refusal, sqsError, stubEndpoint } from '../tools/stub.ts';
import { credentials, message, stubSqs, stubTcp, timing } from './aws-tools.ts';

const HOUR = 3_600_000;
const busy: Refusal = {
  status: 503,
  headers: { 'content-type': 'application/xml' },
  body: '<Error><Code>SlowDown</Code><Message>no</Message></Error>',
};

class Counted {
  readonly requests: Request[] = [];
  readonly meter = (request: Request) => void this.requests.push(request);

  /** How often each operation was asked for, in the order of the first time. */
  calls(): Record<string, number> {
    const calls: Record<string, number> = {};
    for (const { operation } of this.requests) calls[operation] = (calls[operation] ?? 0) + 1;
    return calls;
  }

  of(operation: string): Request[] {
    return this.requests.filter((request) => request.operation === operation);
  }
}

function sum(requests: readonly Request[], amount: (request: Request) => number): number {
  return requests.reduce((total, request) => total + amount(request), 0);
}

test('aws-meter: a story of messages and a file is counted as the cloud counts it, retries twice', async () => {
  await using cloud = await disposable(await startCloud());
  const { address } = cloud.it.makeChannel({ a: 'alice', b: 'bob' });
  const refused: string[] = [];
  const refuseOnce = (action: string, before: number) => {
    if (before > 0 || !['SendMessage', 'SendMessageBatch', 'PUT', 'POST'].includes(action)) return undefined;
    refused.push(action);
    return action.startsWith('Send') ? sqsError(503, 'ServiceUnavailable') : busy;
  };
  await using stub = await stubEndpoint(cloud.it.endpoint, refuseOnce);
  const counted = new Counted();
  const open = (role: 'a' | 'b') =>
    openAwsDrop({
      address: { ...address, endpoint: stub.endpoint },
      role,
      credentials,
      timing: { ...timing, answer: 8000 },
      meter: counted.meter,
    });
  const [alice, bob] = [open('a'), open('b')];

  await alice.leave([{ to: 'all', body: 'x'.repeat(1024) }]);
  await alice.leave(Array.from({ length: 3 }, (_, index) => ({ to: 'all' as const, body: `${index}`.repeat(65_536) })));
  const bodies: string[] = [];
  for await (const deliveries of bob.collect({ wait: false })) {
    bodies.push(...deliveries.map(({ body }) => body));
    await Promise.all(deliveries.map((delivery) => delivery.done()));
  }
  assert.equal(bodies.length, 4);

  const key = formatParcelKey('a', Date.now() + 10 * HOUR, Buffer.alloc(16, 1));
  const parcels = parcelsOf(alice);
  const ticket = await parcels.create(key);
  const receipt = await parcels.putPart(key, ticket, { number: 1, offset: 0, pieces: [Buffer.alloc(100_000)] });
  await parcels.complete(key, ticket, [receipt]);
  assert.equal((await readRange(parcelsOf(bob), key, 0, 100_000)).length, 100_000);
  await parcels.remove(key);
  await alice.close();
  await bob.close();

  assert.deepEqual(refused, ['SendMessage', 'SendMessageBatch', 'POST', 'PUT']);
  const {
    SendMessage = 0,
    SendMessageBatch = 0,
    CreateMultipartUpload = 0,
    UploadPart = 0,
    ...rest
  } = cloud.it.calls();
  assert.deepEqual(counted.calls(), {
    SendMessage: SendMessage + 1,
    SendMessageBatch: SendMessageBatch + 1,
    CreateMultipartUpload: CreateMultipartUpload + 1,
    UploadPart: UploadPart + 1,
    ...rest,
  });
  assert.deepEqual(Object.keys(rest).sort(), [
    'CompleteMultipartUpload',
    'DeleteMessageBatch',
    'DeleteObject',
    'GetObject',
    'ReceiveMessage',
  ]);
  // What was put is stored once, though it was sent twice; its hour is rounded up.
  assert.equal(
    sum(counted.of('UploadPart'), ({ sent }) => sent),
    200_000,
  );
  const hours = sum(counted.requests, ({ byteHours = 0 }) => byteHours) / 100_000;
  assert.ok(hours > 9.9 && hours <= 11, `${hours}`);
  assert.equal(
    sum(counted.of('GetObject'), ({ received }) => received),
    100_000,
  );
  assert.ok(sum(counted.of('ReceiveMessage'), ({ received }) => received) > 3 * 65_536 + 1024);
});

test('aws-meter: SQS bills each 64 KiB of bodies, sent or received; the rest of a call is free', async () => {
  const received = [message('y'.repeat(65_536)), message('z'.repeat(65_537))];
  await using stub = await stubSqs(({ action }) => {
    if (action === 'ReceiveMessage') return { body: { Messages: received.splice(0) } };
    return { body: { Successful: [], Failed: [] } };
  });
  const counted = new Counted();
  const drop = stub.drop({ meter: counted.meter });
  for (const length of [1, 65_536, 65_537, 1_048_576]) {
    await drop.leave([{ to: 'all', body: 'x'.repeat(length) }]).catch(() => undefined);
  }
  for await (const _ of drop.collect({ wait: false })) break;
  await drop.close();
  const billed = (operation: string) => counted.of(operation).map((request) => request.billed);
  assert.deepEqual(billed('SendMessage'), [1, 1, 2, 16]);
  assert.deepEqual(billed('ReceiveMessage'), [3]);
  assert.deepEqual(billed('ChangeMessageVisibilityBatch'), [1]);
});

test('aws-meter: who never answers is counted for each attempt, and nothing is stored', async () => {
  const counted = new Counted();
  await using nobody = await stubTcp((socket) => socket.destroy());
  const drop = nobody.drop({ meter: counted.meter });
  await assert.rejects(drop.leave([{ to: 'all', body: 'x' }]));
  const key = formatParcelKey('a', Date.now() + HOUR, Buffer.alloc(16, 1));
  await assert.rejects(parcelsOf(drop).putPart(key, 'ticket', { number: 1, offset: 0, pieces: [Buffer.alloc(9)] }));
  await drop.close();
  assert.deepEqual(counted.calls(), { SendMessage: timing.attempts, UploadPart: timing.attempts });
  assert.equal(
    sum(counted.requests, ({ received, byteHours = 0 }) => received + byteHours),
    0,
  );
});

/** The cloud as a resource that ends with its block. */
async function disposable(it: Awaited<ReturnType<typeof startCloud>>) {
  return { it, [Symbol.asyncDispose]: () => it.close() };
}

import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCloud } from '../../client/cloud/index.ts';
import { openAwsDrop } from '../../client/drops/aws/index.ts';
import type { DropError } from '../../client/errors.ts';
import { collectNow } from '../contract/tools.ts';
import { allGood, credentials, entries, failure, message, type StubCall, stubSqs } from './aws-tools.ts';

const ten = Array.from({ length: 10 }, (_, index) => message(String(index)));

/** Ten messages in the first receive, nothing afterwards. */
function tenThenNothing() {
  let given = false;
  return (call: StubCall) => {
    if (call.action !== 'ReceiveMessage') return allGood(call);
    const Messages = given ? [] : ten;
    given = true;
    return { body: { Messages } };
  };
}

test('aws: ten messages in one receive are one batch and one deletion', async () => {
  await using stub = await stubSqs(tenThenNothing());
  const drop = stub.drop();
  assert.deepEqual(
    await collectNow(drop),
    ten.map(({ Body }) => Body),
  );
  await drop.close();
  assert.deepEqual(
    stub.calls.map((call) => [call.action, entries(call).length]),
    [
      ['ReceiveMessage', 0],
      ['DeleteMessageBatch', 10],
      ['ReceiveMessage', 0],
    ],
  );
  const body = stub.calls[0]?.body ?? {};
  assert.deepEqual(Object.keys(body).sort(), [
    'MaxNumberOfMessages',
    'QueueUrl',
    'VisibilityTimeout',
    'WaitTimeSeconds',
  ]);
  assert.equal(body.QueueUrl, `${stub.endpoint}/1/ba.fifo`);
});

test('aws: what could not be deleted is deleted again', async () => {
  let failed = false;
  const answer = tenThenNothing();
  await using stub = await stubSqs((call) => {
    if (call.action !== 'DeleteMessageBatch' || failed) return answer(call);
    failed = true;
    const [first, ...others] = entries(call);
    const Failed = [{ Id: first?.Id, SenderFault: false, Code: 'InternalError', Message: 'no' }];
    return { body: { Successful: others.map(({ Id }) => ({ Id })), Failed } };
  });
  const drop = stub.drop();
  await collectNow(drop);
  await drop.close();
  const deletions = stub.calls.filter(({ action }) => action === 'DeleteMessageBatch').map(entries);
  assert.deepEqual(
    deletions.map((some) => some.length),
    [10, 1],
  );
  assert.equal(deletions[1]?.[0]?.ReceiptHandle, ten[0]?.ReceiptHandle);
});

test('aws: an expired receipt is no error: the message comes again', async () => {
  const answer = tenThenNothing();
  await using stub = await stubSqs((call) => {
    if (call.action !== 'DeleteMessageBatch') return answer(call);
    const Failed = entries(call).map(({ Id }) => ({
      Id,
      SenderFault: true,
      Code: 'InvalidParameterValue',
      Message: 'The receipt handle has expired.',
    }));
    return { body: { Successful: [], Failed } };
  });
  const drop = stub.drop();
  assert.equal((await collectNow(drop)).length, 10);
  await drop.close();
});

test('aws: a deletion that is denied is reported', async () => {
  const answer = tenThenNothing();
  await using stub = await stubSqs((call) =>
    call.action === 'DeleteMessageBatch' ? failure('AccessDeniedException', 'no', 403) : answer(call),
  );
  const drop = stub.drop();
  await assert.rejects(collectNow(drop), { code: 'access-denied', message: /sqs:DeleteMessage on queue ba\.fifo/ });
  await drop.close();
});

test('aws: what is held stays hidden while somebody works on it', async () => {
  const renewed = Promise.withResolvers<StubCall>();
  const answer = tenThenNothing();
  await using stub = await stubSqs((call) => {
    if (call.action === 'ChangeMessageVisibilityBatch') renewed.resolve(call);
    return answer(call);
  });
  const drop = stub.drop({ visibility: 1 });
  for await (const batch of drop.collect({ wait: true })) {
    // The renewal's timer alone does not keep a process alive; this one does.
    const alive = setInterval(() => undefined, 1_000);
    const call = await renewed.promise;
    clearInterval(alive);
    assert.deepEqual(
      entries(call).map(({ VisibilityTimeout }) => Number(VisibilityTimeout)),
      ten.map(() => 1),
    );
    await Promise.all(batch.map((delivery) => delivery.done()));
    break;
  }
  await drop.close();
});

test('aws: ending gives back what was not settled, and only that', async () => {
  await using stub = await stubSqs(tenThenNothing());
  const drop = stub.drop();
  for await (const batch of drop.collect({ wait: true })) {
    // Not awaited: what is being deleted is not given back.
    void batch[0]?.done();
    await batch[1]?.later();
    break;
  }
  await drop.close();
  const changes = stub.calls.filter(({ action }) => action === 'ChangeMessageVisibilityBatch').map(entries);
  assert.deepEqual(
    changes.map((some) => [some.length, some[0]?.ReceiptHandle, Number(some[0]?.VisibilityTimeout)]),
    [
      [1, 'handle 1', 1],
      [8, 'handle 2', 0],
    ],
  );
  assert.equal(stub.calls.filter(({ action }) => action === 'DeleteMessageBatch').length, 1);
});

test('aws: waiting survives failures that may pass, and tells of them', async () => {
  const troubles: DropError[] = [];
  let failures = 7;
  const answer = tenThenNothing();
  await using stub = await stubSqs((call) => {
    failures -= 1;
    return failures >= 0 ? failure('InternalError', 'no', 500) : answer(call);
  });
  const drop = stub.drop({ onTrouble: (error) => troubles.push(error) });
  for await (const batch of drop.collect({ wait: true })) {
    assert.equal(batch.length, 10);
    break;
  }
  await drop.close();
  assert.ok(troubles.length >= 2 && troubles.every(({ code, retryable }) => code === 'service-failure' && retryable));
});

for (const [name, code] of [
  ['AccessDeniedException', 'access-denied'],
  ['QueueDoesNotExist', 'no-such-queue'],
  ['ExpiredToken', 'expired-credentials'],
] as const) {
  test(`aws: waiting ends with ${code}`, async () => {
    await using stub = await stubSqs(() => failure(name));
    const drop = stub.drop();
    const iterator = drop.collect({ wait: true })[Symbol.asyncIterator]();
    await assert.rejects(async () => iterator.next(), { code, retryable: false });
    await drop.close();
  });
}

test('aws: an abort swallows nothing, whenever it comes', async () => {
  const cloud = await startCloud();
  const { address, queues } = cloud.makeChannel({ a: 'alice', b: 'bob' });
  const [a, b] = (['a', 'b'] as const).map((role) => openAwsDrop({ address, role, credentials }));
  assert.ok(a && b);
  for (let round = 0; round < 60; round += 1) {
    const abort = new AbortController();
    const iterator = b.collect({ wait: true, signal: abort.signal })[Symbol.asyncIterator]();
    const ended = iterator.next().then(
      async ({ value }) => {
        // It was received before the abort: the iteration gives it back.
        assert.equal(value?.[0]?.body, `body ${round}`);
        await iterator.return?.();
      },
      (error) => assert.equal(error, abort.signal.reason),
    );
    // The abort comes up to 30 ms before the message or at once after it, in steps around the grace it leaves.
    const left = round % 6 === 0 ? a.leave([{ to: 'b', body: `body ${round}` }]) : undefined;
    if (round % 2 === 0) await sleep(round % 3);
    abort.abort(new Error('enough'));
    await sleep((round * 3) % 31);
    await (left ?? a.leave([{ to: 'b', body: `body ${round}` }]));
    await ended;
    // A message that was swallowed would stay hidden for 45 s, and this would find nothing.
    assert.deepEqual(await nextOne(b), `body ${round}`);
    assert.deepEqual(cloud.peek(queues['a-to-b']), []);
  }
  await Promise.all([a.close(), b.close()]);
  await cloud.close();
});

async function nextOne(drop: ReturnType<typeof openAwsDrop>): Promise<string | undefined> {
  for await (const [delivery] of drop.collect({ wait: true, signal: AbortSignal.timeout(20_000) })) {
    await delivery?.done();
    return delivery?.body;
  }
  return undefined;
}

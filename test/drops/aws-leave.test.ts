import assert from 'node:assert/strict';
import test from 'node:test';
import { startCloud } from '../../client/cloud/index.ts';
import { openAwsDrop } from '../../client/drops/aws/index.ts';
import { allGood, credentials, entries, failure, type StubCall, sent, stubSqs } from './aws-tools.ts';

const letters = (...bodies: string[]) => bodies.map((body) => ({ to: 'b', body }));

function bodiesOf(call: StubCall): (string | undefined)[] {
  return entries(call).map(({ MessageBody }) => MessageBody);
}

test('aws: one letter is one SendMessage, and no other request', async () => {
  const cloud = await startCloud();
  const { address } = cloud.makeChannel({ a: 'alice', b: 'bob' });
  const drop = openAwsDrop({ address, role: 'a', credentials });
  await drop.leave(letters('hello'));
  await drop.close();
  assert.deepEqual(cloud.calls(), { SendMessage: 1 });
  await cloud.close();
});

test('aws: a letter carries its group, its deduplication id or the hash of its body', async () => {
  await using stub = await stubSqs(({ body }) => ({ body: sent(body.MessageBody) }));
  const drop = stub.drop();
  await drop.leave([{ to: 'b', body: 'one', deduplicationId: 'mine' }]);
  await drop.leave(letters('two'));
  await drop.close();
  const [first, second] = stub.calls;
  assert.equal(first?.body.MessageGroupId, 'btr');
  assert.equal(first?.body.MessageDeduplicationId, 'mine');
  assert.equal(second?.body.MessageDeduplicationId, '3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3');
  assert.equal(first?.body.MessageAttributes, undefined);
});

test('aws: the original btrchat sends one message a call, without a deduplication id', async () => {
  await using stub = await stubSqs(({ body }) => ({ body: sent(body.MessageBody) }));
  const drop = stub.drop({ groupId: 'btrchat', deduplication: 'content' });
  await drop.leave([{ to: 'b', body: 'one', deduplicationId: 'mine' }, ...letters('two')]);
  await drop.close();
  assert.deepEqual(
    stub.calls.map(({ action, body }) => [
      action,
      body.MessageBody,
      body.MessageGroupId,
      'MessageDeduplicationId' in body,
    ]),
    [
      ['SendMessage', 'one', 'btrchat', false],
      ['SendMessage', 'two', 'btrchat', false],
    ],
  );
});

test('aws: batches hold ten bodies or 1 MiB', async () => {
  await using stub = await stubSqs((call) =>
    call.action === 'SendMessage' ? { body: sent(call.body.MessageBody) } : allGood(call),
  );
  const drop = stub.drop();
  await drop.leave(letters(...Array.from({ length: 12 }, (_, index) => String(index))));
  const half = 'x'.repeat(600_000);
  await drop.leave(letters('y', half, half));
  await drop.close();
  assert.deepEqual(
    stub.calls.map((call) => [call.action, entries(call).length]),
    [
      ['SendMessageBatch', 10],
      ['SendMessageBatch', 2],
      ['SendMessageBatch', 2],
      ['SendMessage', 0],
    ],
  );
});

test('aws: after a partial failure everything from the first that failed is sent again', async () => {
  await using stub = await stubSqs((call, index) => {
    const good = entries(call).map(({ Id, MessageBody }) => ({ Id, ...sent(MessageBody) }));
    if (call.action === 'SendMessage') return { body: sent(call.body.MessageBody) };
    if (index > 0) return { body: { Successful: good, Failed: [] } };
    const Failed = [{ Id: '1', SenderFault: false, Code: 'InternalError', Message: 'no' }];
    return { body: { Successful: good.filter(({ Id }) => Id !== '1'), Failed } };
  });
  const drop = stub.drop();
  await drop.leave(letters('0', '1', '2'));
  await drop.leave(letters('3'));
  await drop.close();
  const [first, second, third] = stub.calls;
  assert.ok(first && second && third);
  assert.deepEqual([bodiesOf(first), bodiesOf(second), third.body.MessageBody], [['0', '1', '2'], ['1', '2'], '3']);
  const ids = (call: StubCall) => entries(call).map(({ MessageDeduplicationId }) => MessageDeduplicationId);
  assert.deepEqual(ids(second), ids(first).slice(1));
});

test('aws: a partial failure that stays is an error, and nothing later is left', async () => {
  await using stub = await stubSqs((call) => {
    const Failed = entries(call).map(({ Id }) => ({ Id, SenderFault: false, Code: 'InternalError', Message: 'no' }));
    return { body: { Successful: [], Failed } };
  });
  const drop = stub.drop();
  const all = letters(...Array.from({ length: 12 }, (_, index) => String(index)));
  await assert.rejects(drop.leave(all), { code: 'service-failure', retryable: true, exitCode: 4 });
  await drop.close();
  assert.ok(stub.calls.length === 3 && stub.calls.every((call) => bodiesOf(call).includes('0')));
});

test('aws: an entry that is the sender’s fault is not tried again', async () => {
  await using stub = await stubSqs((call) => {
    const Failed = entries(call).map(({ Id }) => ({
      Id,
      SenderFault: true,
      Code: 'InvalidParameterValue',
      Message: 'One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.',
    }));
    return { body: { Successful: [], Failed } };
  });
  const drop = stub.drop();
  await assert.rejects(drop.leave(letters('1', '2')), { code: 'too-large', retryable: false });
  await drop.close();
  assert.equal(stub.calls.length, 1);
});

test('aws: throttling is waited out, and reported where it does not end', async () => {
  let throttled = 2;
  await using stub = await stubSqs(({ body }) => {
    throttled -= 1;
    return throttled >= 0 ? failure('RequestThrottled') : { body: sent(body.MessageBody) };
  });
  const drop = stub.drop();
  await drop.leave(letters('1'));
  throttled = 100;
  await assert.rejects(drop.leave(letters('2')), { code: 'throttled', retryable: true });
  await drop.close();
});

test('aws: a stored URL of no queue is resolved anew, once', async () => {
  const resolved: unknown[] = [];
  await using stub = await stubSqs(({ action, body }) => {
    if (action === 'GetQueueUrl') return { body: { QueueUrl: `${stub.endpoint}/2/${body.QueueName}` } };
    return String(body.QueueUrl).includes('/2/') ? { body: sent(body.MessageBody) } : failure('QueueDoesNotExist');
  });
  const drop = stub.drop({ onResolved: (urls) => resolved.push(urls) });
  await drop.leave(letters('1'));
  await drop.leave(letters('2'));
  await drop.close();
  assert.deepEqual(
    stub.calls.map(({ action }) => action),
    ['SendMessage', 'GetQueueUrl', 'SendMessage', 'SendMessage'],
  );
  assert.deepEqual(resolved, [{ 'a-to-b': `${stub.endpoint}/2/ab.fifo` }]);
});

test('aws: a queue that is gone is named', async () => {
  await using stub = await stubSqs(() => failure('QueueDoesNotExist'));
  const drop = stub.drop();
  await assert.rejects(drop.leave(letters('1')), {
    code: 'no-such-queue',
    retryable: false,
    message: /queue ab\.fifo/,
  });
  await drop.close();
});

test('aws: a name is resolved once a process', async () => {
  const cloud = await startCloud();
  const { queues, address } = cloud.makeChannel({ a: 'alice', b: 'bob' });
  const drop = openAwsDrop({ address: { ...address, queues }, role: 'a', credentials });
  await drop.leave(letters('1'));
  await drop.leave(letters('2'));
  await drop.close();
  assert.deepEqual(cloud.calls(), { GetQueueUrl: 1, SendMessage: 2 });
  await cloud.close();
});

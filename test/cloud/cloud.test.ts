import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { startCloud } from '../../client/cloud/index.ts';

async function place() {
  const cloud = await startCloud();
  const channel = cloud.makeChannel({ a: 'alice', b: 'bob' });
  const client = new SQSClient({
    endpoint: cloud.endpoint,
    region: cloud.region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    useQueueUrlAsEndpoint: false,
    maxAttempts: 1,
  });
  const QueueUrl = channel.address.queues['a-to-b'];
  return {
    cloud,
    channel,
    client,
    QueueUrl,
    send: (body: string) => client.send(new SendMessageCommand({ QueueUrl, MessageBody: body, MessageGroupId: 'g' })),
    receive: (seconds: number, abortSignal?: AbortSignal) =>
      client.send(
        new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: seconds, VisibilityTimeout: 30 }),
        abortSignal === undefined ? {} : { abortSignal },
      ),
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      await cloud.close();
    },
  };
}

test('cloud: a channel has the queues of the deployed stack', async () => {
  await using here = await place();
  assert.deepEqual(here.channel.queues, {
    'a-to-b': 'Btr-alice-bob-a-to-b.fifo',
    'b-to-a': 'Btr-alice-bob-b-to-a.fifo',
  });
  const { Attributes } = await here.client.send(
    new GetQueueAttributesCommand({ QueueUrl: here.QueueUrl, AttributeNames: ['All'] }),
  );
  assert.equal(Attributes?.FifoQueue, 'true');
  assert.equal(Attributes?.ContentBasedDeduplication, 'true');
  assert.equal(Attributes?.MessageRetentionPeriod, '1209600');
  assert.equal(JSON.parse(Attributes?.RedrivePolicy ?? '{}').maxReceiveCount, 100);
});

test('cloud: a waiting poll is answered when a message is sent', async () => {
  await using here = await place();
  const waiting = here.receive(20);
  await here.send('hello');
  const { Messages } = await waiting;
  assert.equal(Messages?.[0]?.Body, 'hello');
});

test('cloud: a poll that was given up swallows nothing', async () => {
  await using here = await place();
  for (let round = 0; round < 60; round += 1) {
    const abort = new AbortController();
    const given = here.receive(20, abort.signal).then(
      ({ Messages }) => Messages ?? [],
      () => [],
    );
    // The moments of both differ from round to round: the abort comes before, with or after the message.
    await sleep(round % 4);
    const sent = round % 2 === 0 ? here.send(`body ${round}`) : undefined;
    if (round % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await (sent ?? here.send(`body ${round}`));
    const early = await given;
    // What a poll did return before its abort counts as received; the queue must hold everything else at once.
    const { Messages = [] } = early.length > 0 ? { Messages: early } : await here.receive(5);
    assert.equal(Messages[0]?.Body, `body ${round}`);
    assert.deepEqual(here.cloud.peek(here.channel.queues['a-to-b']), [`body ${round}`]);
    await deleteAll(here, Messages);
  }
});

test('cloud: one message goes to one of two polls, and the other goes on waiting', async () => {
  await using here = await place();
  let answered = 0;
  const polls = [here.receive(20), here.receive(20)].map(async (poll) => {
    const { Messages = [] } = await poll;
    answered += 1;
    return Messages;
  });
  await here.send('first');
  const first = await Promise.race(polls);
  assert.deepEqual(
    first.map(({ Body }) => Body),
    ['first'],
  );
  assert.equal(answered, 1);
  await deleteAll(here, first);
  await here.send('second');
  const all = (await Promise.all(polls)).flat();
  assert.deepEqual(all.map(({ Body }) => Body).sort(), ['first', 'second']);
});

test('cloud: a message whose visibility ends or is given back goes to the poll that waits', async () => {
  await using here = await place();
  await here.send('hello');
  const { Messages: first = [] } = await here.receive(20);
  const waiting = here.receive(20);
  await setVisibility(here, first[0]?.ReceiptHandle, 0);
  const { Messages: second = [] } = await waiting;
  assert.equal(second[0]?.Body, 'hello');
  const waitingMore = here.receive(20);
  await setVisibility(here, second[0]?.ReceiptHandle, 1);
  const { Messages: third = [] } = await waitingMore;
  assert.equal(third[0]?.Body, 'hello');
});

test('cloud: an empty poll ends after its time', async () => {
  await using here = await place();
  const { Messages = [] } = await here.receive(1);
  assert.deepEqual(Messages, []);
});

test('cloud: a poll ends with the queue', async () => {
  await using here = await place();
  const waiting = assert.rejects(here.receive(20), QueueDoesNotExist);
  await here.client.send(new DeleteQueueCommand({ QueueUrl: here.QueueUrl }));
  await waiting;
});

test('cloud: closing ends the polls that wait', async () => {
  const here = await place();
  const waiting = assert.rejects(here.receive(20));
  await here.receive(0);
  await here[Symbol.asyncDispose]();
  await waiting;
});

test('cloud: calls are counted by action, and bodies can be looked at', async () => {
  await using here = await place();
  await here.send('one');
  await here.send('two');
  await here.receive(0);
  assert.deepEqual(here.cloud.calls(), { SendMessage: 2, ReceiveMessage: 1 });
  assert.deepEqual(here.cloud.peek(here.channel.queues['a-to-b']), ['one', 'two']);
  assert.throws(() => here.cloud.peek('none.fifo'), RangeError);
  assert.equal(here.cloud.env.AWS_ENDPOINT_URL, here.cloud.endpoint);
});

test('cloud: it listens on 127.0.0.1 alone', async (t) => {
  await using here = await place();
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === 'IPv4' && !address.internal);
  if (outside === undefined) return t.skip('this machine has no other address');
  const socket = connect(Number(new URL(here.cloud.endpoint).port), outside.address);
  const result = await new Promise((resolve) => {
    socket.once('connect', () => resolve('connected')).once('error', () => resolve('refused'));
  });
  socket.destroy();
  assert.equal(result, 'refused');
});

type Place = Awaited<ReturnType<typeof place>>;

async function deleteAll(here: Place, messages: readonly { readonly ReceiptHandle?: string | undefined }[]) {
  const { DeleteMessageCommand } = await import('@aws-sdk/client-sqs');
  for (const { ReceiptHandle } of messages) {
    await here.client.send(new DeleteMessageCommand({ QueueUrl: here.QueueUrl, ReceiptHandle }));
  }
}

function setVisibility(here: Place, ReceiptHandle: string | undefined, VisibilityTimeout: number) {
  return here.client.send(
    new ChangeMessageVisibilityCommand({ QueueUrl: here.QueueUrl, ReceiptHandle, VisibilityTimeout }),
  );
}

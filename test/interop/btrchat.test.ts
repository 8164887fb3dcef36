/**
 * Suite `btrchat` against two clients that do what the original does, in Python and in JavaScript, both ways, through
 * queues that have no other attributes than the original gives them.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startCloud } from '../../client/cloud/index.ts';
import { type ChannelEvent, Messenger, parseChannelKey } from '../../client/messenger/index.ts';
import { BtrchatPeer } from './btrchat-js.ts';
import { findPython, runPython } from './python.ts';
import { startFront } from './sqs-front.ts';

const pin = 'Ab1_';
const suffix = 'Xyz6L5DAqES1234DvoM8bMiIduMF93TBcpYf-vA=';
const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_DEFAULT_REGION: 'us-east-1' };
// As a user sets them; each test file is a process of its own.
Object.assign(process.env, credentials);

/** The original's attributes of a queue, and no more. */
const queueAttributes = { FifoQueue: 'true', ContentBasedDeduplication: 'true' };
const queues = { toUs: 'Original.fifo', fromUs: 'Ours.fifo' };

const texts = [
  'hello',
  'several\nlines\r\n  indented\n',
  'emoji 👩‍👩‍👧 🕶️, Größe, 日本語, <&"\'>',
  `200 KB: ${'0123456789'.repeat(20_000)}`,
  'hello',
];

/** A client of the original's kind. */
interface Peer {
  send(queue: string, texts: readonly string[]): Promise<void>;
  receive(queue: string, count: number): Promise<unknown[]>;
  close(): void;
}

async function makePlace() {
  const folder = await mkdtemp(join(tmpdir(), 'btr-interop-'));
  const cloud = await startCloud();
  const front = await startFront(cloud);
  const sqs = new SQSClient({
    endpoint: front.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    useQueueUrlAsEndpoint: false,
  });
  const urls = new Map<string, string>();
  for (const QueueName of Object.values(queues)) {
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes: queueAttributes }));
    urls.set(QueueName, QueueUrl);
  }
  const ours = await Messenger.create({ home: join(folder, 'home'), name: 'us' });
  const addChannel = async (name: string, ownPin: string) => {
    const address = { 'a-to-b': queues.fromUs, 'b-to-a': queues.toUs };
    const drop = { kind: 'aws', queues: address, region: 'us-east-1', endpoint: front.endpoint };
    await ours.addChannel({ name, role: 'a', drop, suite: 'btrchat', pin: ownPin, key: parseChannelKey(suffix) });
  };
  return {
    cloud,
    front,
    ours,
    addChannel,
    attributes: async (name: string) => {
      const input = { QueueUrl: urls.get(name), AttributeNames: ['All' as const] };
      return (await sqs.send(new GetQueueAttributesCommand(input))).Attributes ?? {};
    },
    put: (name: string, MessageBody: string, id?: string) => {
      const deduplication = id === undefined ? {} : { MessageDeduplicationId: id };
      const message = { QueueUrl: urls.get(name), MessageBody, MessageGroupId: 'btrchat', ...deduplication };
      return sqs.send(new SendMessageCommand(message));
    },
    [Symbol.asyncDispose]: async () => {
      await ours.close();
      sqs.destroy();
      await front[Symbol.asyncDispose]();
      await cloud.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** What a channel shows until so many texts were shown. */
async function show(messenger: Messenger, name: string, count: number) {
  const events: ChannelEvent[] = [];
  const shown: string[] = [];
  const stop = new AbortController();
  for await (const event of messenger.listen(name, { wait: true, signal: stop.signal })) {
    events.push(event);
    if (event.type === 'message') shown.push(event.text);
    if (shown.length >= count) stop.abort();
  }
  return { events, shown };
}

const python = findPython('boto3', 'cryptography');
const script = fileURLToPath(new URL('btrchat_peer.py', import.meta.url));

const peers: { name: string; skip: string | false; make: (endpoint: string) => Peer }[] = [
  {
    name: "npm's fernet and the SDK",
    skip: false,
    make: (endpoint) => new BtrchatPeer(endpoint, pin, suffix),
  },
  {
    name: "Python's cryptography and boto3",
    skip: typeof python === 'string' && python,
    make: (endpoint) => {
      if (typeof python === 'string') throw new Error(python);
      const env = { ...credentials, AWS_ENDPOINT_URL: endpoint };
      return {
        send: async (queue, list) => {
          const input = list.map((text) => `${JSON.stringify(text)}\n`).join('');
          await runPython(python, [script, 'send', queue, pin, suffix], input, env);
        },
        receive: (queue, count) => runPython(python, [script, 'receive', queue, pin, suffix, `${count}`], '', env),
        close: () => undefined,
      };
    },
  },
];

for (const { name, skip, make } of peers) {
  test(`what we send, a btrchat client on ${name} shows`, { skip }, async () => {
    await using place = await makePlace();
    await place.addChannel('bob', pin);
    const peer = make(place.front.endpoint);
    for (const text of texts) await place.ours.send('bob', text);
    assert.deepEqual(await peer.receive(queues.fromUs, texts.length), texts);
    assert.deepEqual(place.cloud.peek(queues.fromUs), [], 'it has deleted what it showed');
    peer.close();
  });

  test(`what a btrchat client on ${name} sends, we show, in its order`, { skip }, async () => {
    await using place = await makePlace();
    await place.addChannel('bob', pin);
    const peer = make(place.front.endpoint);
    await peer.send(queues.toUs, texts);
    const { events, shown } = await show(place.ours, 'bob', texts.length);
    assert.deepEqual(shown, texts);
    for (const event of events) assert.equal(event.type === 'message' ? event.seq : 'no message', null);
    peer.close();
  });
}

test('our calls are those of the original: group btrchat, no deduplication id, no attribute, one body a call', async () => {
  await using place = await makePlace();
  await place.addChannel('bob', pin);
  await place.ours.queue('bob', texts);
  await place.ours.deliver('bob');
  const sends = place.front.calls.filter(({ action }) => action.startsWith('SendMessage'));
  assert.equal(sends.length, texts.length);
  for (const { action, parameters } of sends) {
    assert.equal(action, 'SendMessage');
    const { QueueUrl, MessageBody, ...rest } = parameters;
    assert.match(String(QueueUrl), /\/Ours\.fifo$/);
    assert.match(String(MessageBody), /^gAAAAA[A-Za-z0-9_-]+={0,2}$/);
    assert.equal(String(MessageBody).length % 4, 0, 'the padding stays');
    assert.deepEqual(rest, { MessageGroupId: 'btrchat' });
  }
  const bodies = sends.map(({ parameters }) => parameters.MessageBody);
  assert.equal(new Set(bodies).size, bodies.length, 'the same text twice is two bodies');
});

test('the queues are found by name, and stay as they were made', async () => {
  await using place = await makePlace();
  const before = await place.attributes(queues.fromUs);
  assert.equal(before.FifoQueue, 'true');
  assert.equal(before.ContentBasedDeduplication, 'true');
  assert.equal(before.RedrivePolicy, undefined);
  await place.addChannel('bob', pin);
  place.front.calls.splice(0);
  await place.ours.send('bob', 'hello');
  const actions = new Set(place.front.calls.map(({ action }) => action));
  assert.deepEqual([...actions].sort(), ['GetQueueUrl', 'SendMessage']);
  const after = await place.attributes(queues.fromUs);
  assert.equal(after.VisibilityTimeout, before.VisibilityTimeout);
  assert.equal(after.CreatedTimestamp, before.CreatedTimestamp);
});

test('what can not be decrypted stops nobody, is said, and is kept', async () => {
  await using place = await makePlace();
  await place.addChannel('bob', pin);
  const peer = new BtrchatPeer(place.front.endpoint, pin, suffix);
  const stranger = new BtrchatPeer(place.front.endpoint, 'Zz9-', suffix);
  await peer.send(queues.toUs, ['first']);
  await stranger.send(queues.toUs, ['with another PIN']);
  await place.put(queues.toUs, 'no token at all');
  await place.put(queues.toUs, 'gAAAAA==');
  await peer.send(queues.toUs, ['last']);
  const { events, shown } = await show(place.ours, 'bob', 2);
  assert.deepEqual(shown, ['first', 'last']);
  const notices = events.flatMap((event) => (event.type === 'notice' ? [event.code] : []));
  assert.deepEqual([...new Set(notices)].sort(), ['malformed', 'unopened']);
  const kept = place.ours.quarantine('bob').map(({ reason, count }) => `${count} ${reason}`);
  assert.deepEqual(kept, ['1 malformed', '2 unopened']);
  assert.deepEqual(place.cloud.peek(queues.toUs), []);

  // The stranger was the buddy after all: with the right PIN its message is shown.
  await place.ours.rekeyChannel('bob', 'Zz9-', parseChannelKey(suffix));
  assert.deepEqual((await show(place.ours, 'bob', 1)).shown, ['with another PIN']);
  peer.close();
  stranger.close();
});

test('the same body twice, as a queue may deliver it, is shown once', async () => {
  await using place = await makePlace();
  await place.addChannel('bob', pin);
  const peer = new BtrchatPeer(place.front.endpoint, pin, suffix);
  await peer.send(queues.toUs, ['once']);
  const [body = ''] = place.cloud.peek(queues.toUs);
  assert.deepEqual((await show(place.ours, 'bob', 1)).shown, ['once']);
  // With an id of its own, so that the queue's deduplication is not what holds it back.
  await place.put(queues.toUs, body, 'again');
  await peer.send(queues.toUs, ['after it']);
  assert.deepEqual((await show(place.ours, 'bob', 1)).shown, ['after it']);
  peer.close();
});

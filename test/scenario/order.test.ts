/** Gaps, acknowledgements, and how many envelopes they take. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { UsageError } from '../../client/errors.ts';
import { frameKinds } from '../../client/protocol/frames.ts';
import { encodeAcknowledgements } from '../../client/protocol/ranges.ts';
import { forge } from '../messenger/forge.ts';
import { makePair } from '../messenger/pair.ts';
import { channel, type Person } from '../messenger/person.ts';
import { said } from '../tools/said.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

function states({ messenger }: Person): (string | undefined)[] {
  return said(messenger, channel)
    .filter(({ receivedAt }) => receivedAt === null)
    .map(({ state }) => state);
}

/** The id on the wire of the stream that a person's messages are numbered in. */
function streamOf({ directory }: Person): Buffer {
  const db = new DatabaseSync(`${directory}/btr.sqlite`, { readOnly: true });
  const stream = db.prepare('SELECT stream FROM streams_out').get()?.stream;
  db.close();
  assert.ok(stream instanceof Uint8Array);
  return Buffer.from(stream);
}

test('scenario: a gap is waited for, said and asked for after 30 seconds, and refilled in order', async () => {
  await using pair = await makePair();
  const { cloud, a, b } = pair;
  for (const text of ['a0', 'a1', 'a2']) await a.send(text);
  cloud.tamper('a-to-b', (body, index) => (index === 1 ? undefined : body));
  await b.listen();
  assert.deepEqual(b.texts(), ['a0']);
  cloud.advance(29 * second);
  await b.listen();
  assert.deepEqual(b.notices(), []);
  cloud.advance(2 * second);
  await b.listen();
  assert.deepEqual(b.notices(), ['gap']);
  await a.listen();
  await b.listen();
  assert.deepEqual(b.texts(), ['a0', 'a1', 'a2']);
  await a.listen();
  assert.deepEqual(states(a), ['delivered', 'delivered', 'delivered']);
});

test('scenario: a number that its sender has no more is reported as lost, and the rest goes on', async () => {
  await using pair = await makePair();
  const { cloud, a, b } = pair;
  a.messenger.changeChannel(channel, { receipts: false });
  await a.send('a0');
  await a.send('a1');
  cloud.tamper('a-to-b', () => undefined);
  cloud.advance(15 * day);
  await a.listen();
  assert.deepEqual(a.notices(), ['given-up']);
  assert.deepEqual(states(a), ['sent', 'sent']);
  await a.send('a2');
  await b.listen();
  cloud.advance(31 * second);
  await b.listen();
  await a.listen();
  await b.listen();
  assert.deepEqual(b.texts(), ['a2']);
  assert.deepEqual(b.notices(), ['gap', 'lost']);
  assert.match(b.events.flatMap((event) => (event.type === 'notice' ? event.text : [])).join(), /number 1-2 of x/);
});

test('scenario: a gap that nobody fills for 14 days is given up and reported', async () => {
  await using pair = await makePair();
  const { cloud, a, b } = pair;
  await a.send('a0');
  cloud.tamper('a-to-b', () => undefined);
  await a.send('a1');
  await b.listen();
  cloud.advance(15 * day);
  await b.listen();
  assert.deepEqual(b.texts(), ['a1']);
  assert.deepEqual(b.notices(), ['lost']);
});

test('scenario: a lost acknowledgement is made good: the last body is left again and acknowledged again', async () => {
  await using pair = await makePair();
  const { cloud, a, b } = pair;
  for (const text of ['a0', 'a1', 'a2']) await a.send(text);
  await b.listen();
  cloud.tamper('b-to-a', () => undefined);
  await a.listen();
  assert.deepEqual(states(a), ['sent', 'sent', 'sent']);
  cloud.advance(hour + second);
  await a.listen();
  assert.equal(cloud.waiting('a-to-b').length, 1, 'only the last body goes again');
  await b.listen();
  await a.listen();
  assert.deepEqual(states(a), ['delivered', 'delivered', 'delivered']);
  assert.deepEqual(b.texts(), ['a0', 'a1', 'a2']);
});

test('scenario: everything is lost, the last message included: it comes after an hour and asks for the rest', async () => {
  await using pair = await makePair();
  const { cloud, a, b } = pair;
  for (const text of ['a0', 'a1', 'a2']) await a.send(text);
  cloud.tamper('a-to-b', () => undefined);
  cloud.advance(hour + second);
  await a.listen();
  await b.listen();
  cloud.advance(31 * second);
  for (const person of [b, a, b, a]) await person.listen();
  assert.deepEqual(b.texts(), ['a0', 'a1', 'a2']);
  assert.deepEqual(a.messenger.pending(channel), { queued: 0, sent: 0 });
});

test('scenario: with receipts off acknowledgements only ride', async () => {
  await using pair = await makePair();
  const { cloud, a, b } = pair;
  b.messenger.changeChannel(channel, { receipts: false });
  await a.send('a0');
  await b.listen();
  await b.listen();
  assert.deepEqual(cloud.waiting('b-to-a'), []);
  await b.send('b0');
  assert.equal(cloud.waiting('b-to-a').length, 1);
  await a.listen();
  assert.deepEqual(states(a), ['delivered']);
});

test('scenario: acknowledgements of many bodies are one envelope, and are not acknowledged themselves', async () => {
  await using pair = await makePair();
  const { cloud, a, b } = pair;
  for (let index = 0; index < 25; index += 1) await a.send(`a${index}`);
  await b.listen();
  assert.equal(cloud.waiting('b-to-a').length, 1);
  await a.listen();
  assert.equal(a.events.filter(({ type }) => type === 'status').length, 25);
  assert.deepEqual([...cloud.waiting('a-to-b'), ...cloud.waiting('b-to-a')], []);
});

test('scenario: one acknowledgement settles more messages than one call takes arguments', async () => {
  await using pair = await makePair({ suite: 'plain' });
  const { cloud, a } = pair;
  const count = 130_000;
  await a.messenger.queue(
    channel,
    Array.from({ length: count }, (_, index) => `${index}`),
  );
  const content = encodeAcknowledgements([{ stream: streamOf(a), next: count + 1, held: [] }]);
  const passing = [{ kind: frameKinds.acknowledgement, deadline: 0, content }];
  cloud.inject('b-to-a', forge({ direction: 'b-to-a', content: { sender: 'b' }, packet: { passing } }));
  let delivered = 0;
  for await (const event of a.messenger.listen(channel, { wait: false })) if (event.type === 'status') delivered += 1;
  assert.equal(delivered, count);
});

test('scenario: what waits goes in as few envelopes of 64 KiB as hold it', async () => {
  await using pair = await makePair();
  const { cloud, a, b } = pair;
  const texts = Array.from({ length: 2000 }, (_, index) => `a${index} `.padEnd(200, 'x'));
  await a.send(...texts);
  const bodies = cloud.waiting('a-to-b');
  // 2000 frames of some 227 bytes; 48 KiB of an envelope are for them.
  assert.ok(bodies.length <= 11, `${bodies.length} envelopes`);
  assert.ok(bodies.every((body) => body.length <= 65_536));
  await b.listen();
  assert.deepEqual(b.texts(), texts);
});

test('scenario: bodies have one of six sizes, whatever is said', async () => {
  await using pair = await makePair();
  const { cloud, a } = pair;
  for (const bytes of [1, 500, 600, 2000, 3000, 10_000, 40_000, 47_000, 60_000, 200_000, 700_000])
    await a.send('x'.repeat(bytes));
  const sizes = new Set(cloud.waiting('a-to-b').map((body) => body.length / 1024));
  assert.deepEqual([...sizes], [1, 4, 16, 64, 256, 1024]);
});

test('scenario: a message too large for the drop is refused before it is queued; the largest goes, acknowledgement and all', async () => {
  for (const suite of ['fernet', 'btrchat'] as const) {
    await using pair = await makePair({ suite, limits: { bodyBytes: 65_536, parcelBytes: 1024 * 1024 } });
    const { cloud, a, b } = pair;
    const fits = async (bytes: number) => {
      try {
        await a.messenger.queue(channel, ['x'.repeat(bytes)]);
        return true;
      } catch (error) {
        assert.ok(error instanceof UsageError && error.code === 'message-too-large');
        return false;
      }
    };
    let [low, high] = [1, 2 * 1024 * 1024];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (await fits(middle)) low = middle;
      else high = middle;
    }
    // The answer has just the largest size; an acknowledgement with many gaps is due at the same time.
    await b.queue('x'.repeat(low));
    for (let index = 0; index < 80; index += 1) await a.send(`a${index}`);
    cloud.tamper('a-to-b', (body, index) => (index % 2 === 0 ? undefined : body));
    await b.listen();
    await a.listen();
    assert.deepEqual(a.texts(), b.sent);
  }
});

test('scenario: an empty message is refused', async () => {
  await using pair = await makePair();
  await assert.rejects(pair.a.queue(''), { code: 'empty-message' });
});

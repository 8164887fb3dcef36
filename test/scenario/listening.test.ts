/** Listening: shown once whatever happens to the listener, and what ends it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { DropError } from '../../client/errors.ts';
import type { ChannelEvent } from '../../client/messenger/events.ts';
import type { Messenger } from '../../client/messenger/messenger.ts';
import { makePair } from '../messenger/pair.ts';
import { channel } from '../messenger/person.ts';

const texts = (count: number) => Array.from({ length: count }, (_, index) => `a${index}`);

/** Listens until `count` messages were seen or the signal aborts. */
async function follow(messenger: Messenger, count: number, signal?: AbortSignal): Promise<ChannelEvent[]> {
  const events: ChannelEvent[] = [];
  let messages = 0;
  for await (const event of messenger.listen(channel, { wait: true, ...(signal ? { signal } : {}) })) {
    events.push(event);
    if (event.type === 'message') messages += 1;
    if (messages === count) break;
  }
  return events;
}

test('scenario: a listener killed after the commit and before it showed anything: shown next time, once', async () => {
  await using pair = await makePair();
  const { a, b } = pair;
  await a.send(...texts(5));
  const events = b.messenger.listen(channel, { wait: false });
  const first = events.next();
  const inDrop = () => [...pair.cloud.waiting('a-to-b'), ...pair.cloud.held('a-to-b')].length;
  for (let turn = 0; turn < 500 && inDrop() > 0; turn += 1) await Promise.resolve();
  assert.equal(inDrop(), 0);
  const bury = await b.kill();
  await first;
  await events.return(undefined);
  await bury();
  await b.listen();
  await b.listen();
  assert.deepEqual(b.texts(), texts(5));
});

test('scenario: a loop that is left early: the rest is shown next time', async () => {
  await using pair = await makePair();
  const { a, b } = pair;
  await a.send(...texts(10));
  await b.listen({ messages: 3 });
  assert.deepEqual(b.texts(), texts(3));
  await b.listen();
  assert.deepEqual(b.texts(), texts(10));
});

test('scenario: two listeners of one home at once show each message in exactly one of them', async () => {
  await using pair = await makePair();
  const { a, b } = pair;
  const other = await b.another();
  const stop = new AbortController();
  const all: string[] = [];
  const listenTo = async (messenger: Messenger) => {
    for await (const event of messenger.listen(channel, { wait: true, signal: stop.signal })) {
      if (event.type === 'message') all.push(event.text);
      if (all.length === 60) stop.abort();
    }
  };
  const listeners = [listenTo(b.messenger), listenTo(other)];
  for (let round = 0; round < 20; round += 1) await a.send(...texts(60).slice(round * 3, round * 3 + 3));
  await Promise.all(listeners);
  assert.deepEqual(all.toSorted(), texts(60).toSorted());
  await other.close();
  await b.listen();
  assert.deepEqual(b.texts(), []);
});

test('scenario: a listener that is slower than its claims last keeps them', async (t) => {
  await using pair = await makePair();
  const { cloud, a, b } = pair;
  await a.send(...texts(3));
  await b.listen({ messages: 1 });
  t.mock.timers.enable({ apis: ['setInterval'] });
  const events = b.messenger.listen(channel, { wait: false });
  const { value } = await events.next();
  assert.ok(value.type === 'message' && value.text === 'a1');
  const other = await b.another();
  for (let round = 0; round < 5; round += 1) {
    cloud.advance(50_000);
    t.mock.timers.tick(20_000);
    for await (const event of other.listen(channel, { wait: false })) assert.fail(event.type);
  }
  await other.close();
  const rest: string[] = [];
  for await (const event of events) if (event.type === 'message') rest.push(event.text);
  assert.deepEqual(rest, ['a2']);
});

test('scenario: two processes of one home sending at once: everything comes, each in its own order', async () => {
  await using pair = await makePair();
  const { a, b } = pair;
  const other = await a.another();
  const write = async (messenger: Messenger, name: string) => {
    for (let index = 0; index < 20; index += 1) await messenger.send(channel, `${name}${index}`);
  };
  await Promise.all([write(a.messenger, 'one'), write(other, 'two')]);
  await other.close();
  await b.listen();
  const numbers = b.shown.map(({ seq }) => seq);
  assert.deepEqual(
    numbers,
    Array.from({ length: 40 }, (_, index) => index + 1),
  );
  for (const name of ['one', 'two']) {
    const own = b.texts().filter((text) => text.startsWith(name));
    assert.deepEqual(
      own,
      Array.from({ length: 20 }, (_, index) => `${name}${index}`),
    );
  }
});

test('scenario: a killed sender leaves nothing half done, whenever it is killed', async () => {
  for (let turns = 0; turns < 60; turns += 1) {
    await using pair = await makePair({ suite: 'plain' });
    const { a, b } = pair;
    await a.queue(...texts(4));
    const sending = a.deliver().catch((error: unknown) => assert.ok(error instanceof DropError));
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    const bury = await a.kill();
    await sending;
    await bury();
    await a.deliver();
    await b.listen();
    assert.deepEqual(b.texts(), texts(4));
  }
});

test('scenario: listening outlasts failures that may pass, says so, and ends for one that may not', async () => {
  await using pair = await makePair();
  const { cloud, a, b } = pair;
  cloud.setFaults({ failure: 1 });
  const seen: ChannelEvent[] = [];
  const listening = (async () => {
    for await (const event of b.messenger.listen(channel, { wait: true })) {
      seen.push(event);
      if (event.type === 'notice') {
        cloud.heal();
        await a.send('a0');
      }
      if (event.type === 'message') for (const drop of b.openDrops()) await drop.close();
    }
  })();
  await assert.rejects(listening, { code: 'drop-closed' });
  assert.deepEqual(
    seen.map((event) => (event.type === 'notice' ? event.code : event.type)),
    ['drop-unreachable', 'message'],
  );
});

test('scenario: a large message that can not be fetched now stays in the drop and is not asked for all the time', async () => {
  await using pair = await makePair({ limits: { bodyBytes: 65_536 } });
  const { cloud, a, b } = pair;
  const large = 'x'.repeat(100_000);
  await a.send(large);
  cloud.setFaults({ parcelCut: 1 });
  await b.listen();
  assert.deepEqual(b.notices(), ['drop-unreachable']);
  assert.equal(cloud.waiting('a-to-b').length, 1);
  cloud.heal();
  await b.listen();
  assert.deepEqual(b.texts(), [large]);
});

test('scenario: an abort ends a listener at once, while it waits and while it shows', async () => {
  await using pair = await makePair();
  const { a, b } = pair;
  const idle = new AbortController();
  const waiting = follow(b.messenger, 1, idle.signal);
  setImmediate(() => idle.abort());
  assert.deepEqual(await waiting, []);

  await a.send(...texts(10));
  const busy = new AbortController();
  const shown: string[] = [];
  for await (const event of b.messenger.listen(channel, { wait: true, signal: busy.signal })) {
    if (event.type === 'message') shown.push(event.text);
    if (shown.length === 3) busy.abort();
  }
  assert.deepEqual(shown, texts(3));
  await b.listen();
  assert.deepEqual(b.texts(), texts(10).slice(3));
});

test('scenario: a listener of the state only leaves messages for one that shows them', async () => {
  await using pair = await makePair();
  const { a, b } = pair;
  await b.send('b0');
  await a.listen();
  await a.send('a0');
  const events: ChannelEvent[] = [];
  for await (const event of b.messenger.listen(channel, { wait: false, statusOnly: true })) events.push(event);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['status'],
  );
  await b.listen();
  assert.deepEqual(b.texts(), ['a0']);
});

test('scenario: leaving a listening loop by break ends at once and frees what it held', async () => {
  await using pair = await makePair();
  const { a, b } = pair;
  await a.send('one', 'two');
  const began = performance.now();
  for await (const event of b.messenger.listen(channel, { wait: true })) if (event.type === 'message') break;
  // Giving up on a collector that hangs would take the whole of the time for parting, two seconds.
  assert.ok(performance.now() - began < 1900);
  await b.listen();
  assert.deepEqual(b.texts(), ['two']);
});

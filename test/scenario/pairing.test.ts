/** Pairing by invite and PIN, over a memory cloud. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createMemoryCloud } from '../../client/drops/memory/cloud.ts';
import { makePair, makeUnpaired, pairUp } from '../messenger/pair.ts';
import { channel } from '../messenger/person.ts';

test('scenario: two people pair and talk', async () => {
  const cloud = createMemoryCloud();
  const [a, b] = await Promise.all([makeUnpaired(cloud, 'a'), makeUnpaired(cloud, 'b')]);
  await a.queue('written before anybody joined');
  await pairUp(a, b);
  await b.send('hello');
  await a.send('hi');
  await a.listen();
  await b.listen();
  assert.deepEqual(a.texts(), ['hello']);
  assert.deepEqual(b.texts(), ['written before anybody joined', 'hi']);
  assert.equal(a.messenger.pairing(channel)?.paired, true);
  const [one, other] = await Promise.all(
    [a, b].map(async ({ messenger }) => (await messenger.pairings()).verification(channel)),
  );
  assert.equal(one?.digits, other?.digits);
  await Promise.all([a.close(), b.close()]);
});

test('scenario: paired homes from templates talk', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  for (let round = 0; round < 5; round++) {
    await a.send(`a${round}`);
    await b.listen();
    await b.send(`b${round}`, `b${round}!`);
    await a.listen();
  }
  await b.listen();
  assert.deepEqual(b.texts(), ['a0', 'a1', 'a2', 'a3', 'a4']);
  assert.equal(a.texts().length, 10);
  assert.deepEqual(a.notices(), []);
  assert.deepEqual(b.messenger.pending(channel), { queued: 0, sent: 0 });
});

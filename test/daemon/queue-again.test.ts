/** Texts that are asked for again, since nobody heard whether they were taken. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';
import { makePair } from '../messenger/pair.ts';
import { channel } from '../messenger/person.ts';
import { wordsOf } from '../tools/said.ts';

test('asked for again, what is queued already stays as it is, and the rest is added in order', async () => {
  await using pair = await makePair();
  const { messenger } = pair.a;
  const ids = Array.from({ length: 3 }, () => randomBytes(16).toString('hex'));
  const first = await messenger.queue(channel, ['one', 'two'], { ids: ids.slice(0, 2) });
  assert.deepEqual(
    first.map(({ id }) => id),
    ids.slice(0, 2),
  );
  const again = await messenger.queue(channel, ['one', 'two', 'three'], { ids, again: true });
  assert.deepEqual(again.slice(0, 2), first);
  assert.equal(again[2]?.id, ids[2]);
  assert.deepEqual(wordsOf(messenger, channel), ['one', 'two', 'three']);
  await messenger.deliver(channel);
  assert.deepEqual(await messenger.queue(channel, ['one', 'two', 'three'], { ids, again: true }), again);
  await pair.b.listen();
  assert.deepEqual(wordsOf(pair.b.messenger, channel), ['one', 'two', 'three']);
});

test('ids that are none, or not one for each text, are refused', async () => {
  await using pair = await makePair();
  const id = randomBytes(16).toString('hex');
  for (const ids of [[id], [id, id], [id, 'x'], [id, id.toUpperCase()]]) {
    await assert.rejects(pair.a.messenger.queue(channel, ['one', 'two'], { ids }), { code: 'bad-ids' });
  }
  assert.deepEqual(wordsOf(pair.a.messenger, channel), []);
});

/** In an unframed suite nothing but the body itself tells whose it is. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { makePair } from '../messenger/pair.ts';

test('scenario: btrchat, a swap with texts in flight: nobody reads their own, and nothing is lost', async () => {
  await using pair = await makePair({ suite: 'btrchat' });
  const { a, b } = pair;
  await a.send('from a');
  await b.send('from b');
  await a.swap();
  await b.swap();
  for (const person of [a, b, a, b, a, b]) {
    await person.listen();
    await person.deliver();
  }
  assert.deepEqual(b.texts(), ['from a']);
  assert.deepEqual(a.texts(), ['from b']);
});

/** Both people take each other's role while messages are on their way. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { makePair, type Pair } from '../messenger/pair.ts';
import { channel } from '../messenger/person.ts';

async function talk({ a, b }: Pair): Promise<void> {
  for (const person of [a, b, a, b, a]) await person.listen();
}

for (const order of [
  ['a', 'b'],
  ['b', 'a'],
] as const) {
  test(`scenario: a swap with messages in flight, ${order[0]} first, loses and doubles nothing`, async () => {
    await using pair = await makePair({ limits: { bodyBytes: 65_536 } });
    const { a, b } = pair;
    await a.send('a0');
    await b.send('b0');
    await b.listen();
    await a.send('a1', 'x'.repeat(100_000));
    await b.send('b1');
    await pair[order[0]].swap();
    // One has swapped, the other not yet: they collect from the same queue for a while.
    for (const person of [a, b]) await person.listen();
    await pair[order[1]].swap();
    await a.send('a2');
    await b.send('b2');
    await talk(pair);
    assert.deepEqual(b.texts(), a.sent);
    assert.deepEqual(a.texts(), b.sent);
    for (const { messenger } of [a, b]) {
      assert.deepEqual(messenger.pending(channel), { queued: 0, sent: 0 });
      assert.deepEqual(messenger.quarantine(channel), []);
    }
  });
}

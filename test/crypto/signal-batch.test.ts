/** Suite signal within a batch, where a state is handed on as it came out, and between batches, where the store keeps it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SecurityError } from '../../client/errors.ts';
import { makeTalking, type Side } from './signal-people.ts';

/** As if the store had kept the state and given it back. */
function stored({ state }: Side): Uint8Array {
  return new Uint8Array(state);
}

function repeatedKey(error: unknown): boolean {
  return error instanceof SecurityError && error.code === 'repeated-key';
}

for (const kept of [false, true]) {
  const how = kept ? 'that the store gave back' : 'as it came out';

  test(`a state ${how}, used twice since a commit was lost, seals with the same key twice`, async () => {
    const { a, b } = await makeTalking();
    await b.open(await a.seal('before'));
    if (kept) a.state = stored(a);
    const from = a.state;
    const lost = await a.seal('lost');
    a.state = from;
    assert.equal(await b.open(await a.seal('left')), 'left');
    await assert.rejects(b.open(lost), repeatedKey);
    assert.equal(await b.open(await a.seal('after')), 'after');
  });

  test(`a state ${how}, used twice since a commit was lost, opens the same message twice`, async () => {
    const { a, b } = await makeTalking();
    const sealed = [await a.seal('one'), await a.seal('two')];
    await b.open(sealed[0] ?? Buffer.alloc(0));
    if (kept) b.state = stored(b);
    const from = b.state;
    const [second = Buffer.alloc(0)] = sealed.slice(1);
    assert.equal(await b.open(second), 'two');
    b.state = from;
    assert.equal(await b.open(second), 'two');
    await assert.rejects(b.open(second), repeatedKey);
  });

  test(`a state ${how} is none the worse for a message that does not open`, async () => {
    const { a, b } = await makeTalking();
    await b.open(await a.seal('before'));
    if (kept) b.state = stored(b);
    const good = await a.seal('good');
    for (let at = 1; at < good.length; at += 7) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 1;
      await assert.rejects(b.look(bad), SecurityError);
    }
    assert.equal(await b.open(good), 'good');
  });
}

test('batches of any length, the states stored in between, open in turn on both sides', async () => {
  const { a, b } = await makeTalking();
  for (let round = 0; round < 30; round++) {
    const [from, to] = round % 2 === 0 ? [a, b] : [b, a];
    const texts = Array.from({ length: 1 + (round % 4) }, (_, index) => `${round} ${index}`);
    const sealed: Buffer[] = [];
    for (const text of texts) sealed.push(await from.seal(text));
    if (round % 3 === 0) from.state = stored(from);
    if (round % 5 === 0) to.state = stored(to);
    const opened: string[] = [];
    for (const one of round % 7 === 0 ? sealed.toReversed() : sealed) opened.push(await to.open(one));
    assert.deepEqual(opened.toSorted(), texts);
  }
});

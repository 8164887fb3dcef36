/** Homes set back in ways that are hard to notice: numbers under fresh keys, old sessions, twice in a row. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { makePair } from '../messenger/pair.ts';
import { channel } from '../messenger/person.ts';
import { assertNoneTwice, backUp, keysUsed, putBack, rollBack, talkOut, tap } from './restored-tools.ts';

test('restored: what the buddy still says in the old session does not lead back to it', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b, cloud } = pair;
  const bodies = tap(cloud);
  await a.restart();
  await b.send('b1');
  await a.listen();
  const copy = await backUp(a);
  await a.send('a1', 'a2');
  await b.send('in the old session');
  await putBack(a, copy);
  await a.send('in the new session');
  await a.listen();
  assert.equal(a.texts().at(-1), 'in the old session');
  await a.send('still in the new session');
  assertNoneTwice(await keysUsed(a, bodies));
  await talkOut(b, a);
  assert.deepEqual(b.texts(), ['a1', 'a2', 'in the new session', 'still in the new session']);
  assert.deepEqual(a.messenger.quarantine(channel), []);
});

test('restored: a number that is given out twice under a fresh key is noticed by the buddy', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  await a.send('a1');
  const copy = await backUp(b);
  await b.send('b1');
  await rollBack(b, copy);
  await b.listen();
  await a.listen();
  await b.send('b2');
  await talkOut(a, b);
  assert.deepEqual(a.texts(), ['b1', 'b2']);
  assert.ok(b.notices().includes('restored'), b.notices().join());
});

test('restored: the word to the buddy goes out also where this home thinks that it went back itself', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  await a.send('a1');
  const copy = await backUp(b);
  await b.send('b1');
  await rollBack(b, copy);
  await b.listen();
  await b.send('b2');
  await talkOut(a, b);
  assert.deepEqual(a.texts(), ['b1', 'b2']);
});

test('restored: a copy from a time when the disk had been set back unnoticed is healed as well', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  const first = await backUp(a);
  await a.send('a1');
  await rollBack(a, first);
  await a.send('a2');
  const second = await backUp(a);
  await b.listen();
  await putBack(a, second);
  await talkOut(a, b);
  assert.deepEqual(b.texts(), ['a1', 'a2']);
});

test('restored: a disk that is set back twice within minutes is noticed both times', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  const copy = await backUp(a);
  await a.send('a1');
  await rollBack(a, copy);
  await a.send('a2');
  await b.listen();
  await a.listen();
  await rollBack(a, copy);
  await a.listen();
  await a.send('a3');
  await talkOut(a, b);
  assert.deepEqual(b.texts(), ['a1', 'a2', 'a3']);
});

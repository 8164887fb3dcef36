/** Renewal bundles: replaced inside the session after a week, their private keys erased after a month. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Home } from '../../client/store/home.ts';
import { makePair, type Pair } from '../messenger/pair.ts';
import { channel, type Person } from '../messenger/person.ts';
import { backUp, putBack, talkOut, within } from './restored-tools.ts';

const day = 24 * 60 * 60_000;

interface Seen {
  readonly own: readonly { id: number; madeAt: number }[];
  readonly peer: string | undefined;
}

function renewals(person: Person): Promise<Seen> {
  return within(person, ({ cells }: Home, { id }) => {
    const value = cells.get(id, 'renewals')?.value;
    assert.ok(typeof value === 'object' && value !== null && 'own' in value && Array.isArray(value.own));
    const own = value.own.map((one: { id: number; madeAt: number }) => ({ id: one.id, madeAt: one.madeAt }));
    return { own, peer: 'peer' in value && typeof value.peer === 'string' ? value.peer : undefined };
  });
}

async function pass({ cloud, a, b }: Pair, days: number): Promise<void> {
  cloud.advance(days * day);
  for (const person of [a, b, a, b]) await person.listen();
}

test('renewal: a bundle is replaced after seven days, and the other side has the new one', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  await pass(pair, 0);
  const before = { a: await renewals(a), b: await renewals(b) };
  assert.equal(before.a.own.length, 1);
  await pass(pair, 6.9);
  assert.deepEqual((await renewals(a)).own, before.a.own, 'not before seven days');
  await pass(pair, 0.2);
  const after = { a: await renewals(a), b: await renewals(b) };
  assert.notEqual(after.a.own[0]?.id, before.a.own[0]?.id);
  assert.equal(after.a.own[1]?.id, before.a.own[0]?.id, 'the old keys are kept');
  assert.notEqual(after.b.peer, before.b.peer);
  assert.notEqual(after.a.peer, before.a.peer);
  assert.deepEqual([...a.messenger.history(channel)], [], 'nobody sees it');
  assert.deepEqual(a.messenger.pending(channel), { queued: 0, sent: 0 });
});

test('renewal: private keys are erased after thirty days', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, cloud } = pair;
  for (let week = 0; week < 8; week++) await pass(pair, 7.01);
  const { own } = await renewals(a);
  assert.ok(own.length >= 4, `${own.length}`);
  for (const { madeAt } of own) assert.ok(cloud.now - madeAt < 30 * day + 1000);
});

test('renewal: a home that was away for months keeps what the other side may still use', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  await pass(pair, 0);
  await pass(pair, 60);
  assert.ok((await renewals(a)).own.length >= 2);
  const copy = await backUp(b);
  await a.send('a1');
  await pass(pair, 0);
  await putBack(b, copy);
  await b.send('b1');
  await talkOut(a, b);
  assert.deepEqual(a.texts(), ['b1']);
  assert.equal(b.texts().at(-1), 'a1');
});

test('renewal: a copy from weeks ago renews with the bundle that it has', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  await pass(pair, 0);
  const copy = await backUp(b);
  for (let week = 0; week < 3; week++) {
    await pass(pair, 7.01);
    await a.send(`a${week}`);
    await pass(pair, 0);
  }
  await putBack(b, copy);
  await b.send('b1');
  await talkOut(a, b);
  assert.deepEqual(a.texts(), ['b1']);
  assert.deepEqual(b.texts().slice(3), ['a0', 'a1', 'a2']);
});

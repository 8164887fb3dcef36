/** Collecting from several drops side by side. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Delivery, Drop } from '../../client/drops/drop.ts';
import { collectDone, collectNow, nextBatch } from '../contract/tools.ts';
import { Place, several, TestClock } from './several-tools.ts';

function put(place: Place, ...bodies: readonly string[]): void {
  for (const body of bodies) place.cloud.inject('a-to-b', body);
}

/** Everything that does not wait for a clock or for a person has had its turn by then. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

const collector = (drop: Drop) => drop.collect({ wait: true })[Symbol.asyncIterator]();
const done = (batch: readonly Delivery[]) => Promise.all(batch.map((delivery) => delivery.done()));
const bodiesOf = (batch: readonly Delivery[]) => batch.map(({ body }) => body);

function troubles() {
  const told: string[] = [];
  const waiting = Promise.withResolvers<void>();
  const onTrouble = (error: Error) => {
    told.push(error.message);
    waiting.resolve();
  };
  return { told, onTrouble, first: waiting.promise };
}

for (const policy of ['first', 'all', 'random'] as const) {
  test(`policy ${policy} collects from every drop, what comes later too`, async () => {
    const [one, two] = [new Place('1'), new Place('2')];
    const drop = several([one, two], { role: 'b', policy });
    put(one, 'a');
    put(two, 'b');
    assert.deepEqual((await collectDone(drop, 2)).sort(), ['a', 'b']);
    const later = collectDone(drop, 2);
    await Promise.all([one.called('collect'), two.called('collect')]);
    await turn();
    put(two, 'c');
    put(one, 'd');
    assert.deepEqual((await later).sort(), ['c', 'd']);
    await drop.close();
  });
}

test('no drop is asked for more before its last batch was consumed, and a full one does not hold up another', async () => {
  const [one, two] = [new Place('1'), new Place('2')];
  put(one, ...Array.from({ length: 55 }, (_, index) => `one ${index}`));
  put(two, 'two');
  const iterator = collector(several([one, two], { role: 'b' }));
  const batches = [await nextBatch(iterator)];
  await turn();
  assert.deepEqual([one.cloud.held('a-to-b').length, two.cloud.held('a-to-b').length], [10, 1]);
  for (const expected of [11, 20, 30, 40, 50, 56]) {
    await done(batches.at(-1) ?? []);
    if (expected < 56 || batches.flat().length < 56) batches.push(await nextBatch(iterator));
    assert.ok(one.cloud.held('a-to-b').length <= 10);
  }
  const order = batches.flatMap(bodiesOf);
  assert.ok(order.indexOf('two') <= 10, 'it came beside the first batch of the other');
  assert.equal(order.length, 56);
  await iterator.return?.();
});

test('a drop that hangs while a letter is removed holds up what others bring for no longer than the patience', async () => {
  const clock = new TestClock();
  const [one, two] = [new Place('1'), new Place('2')];
  const drop = several([one, two], { role: 'b', clock });
  const iterator = collector(drop);
  put(one, 'a');
  one.settling = 'hanging';
  const removed = done(await nextBatch(iterator));
  put(two, 'b');
  const { took } = await clock.run(removed);
  assert.ok(took <= 1000, `it took ${took} ms`);
  assert.deepEqual(bodiesOf(await nextBatch(iterator)), ['b']);
  await iterator.return?.();
});

test('a letter that can not be removed says so', async () => {
  const one = new Place('1');
  const iterator = collector(several([one, new Place('2')], { role: 'b' }));
  put(one, 'a');
  one.settling = 'failing';
  await assert.rejects(done(await nextBatch(iterator)), { code: 'drop-unreachable' });
  await iterator.return?.();
});

test('leaving the loop gives back what no one settled, in every drop', async () => {
  const [one, two] = [new Place('1'), new Place('2')];
  const many = Array.from({ length: 25 }, (_, index) => `${index}`);
  put(one, ...many);
  put(two, 'a');
  for await (const batch of several([one, two], { role: 'b' }).collect({ wait: true })) {
    await done(batch);
    break;
  }
  assert.deepEqual([one.cloud.waiting('a-to-b'), two.cloud.waiting('a-to-b')], [many.slice(10), ['a']]);
  assert.deepEqual([one.askedForMore, two.askedForMore], [0, 0]);
});

test('a drop that fails is tried again, with growing pauses, while the others go on; it is said once', async () => {
  const clock = new TestClock();
  const { told, onTrouble, first } = troubles();
  const [one, two] = [new Place('1'), new Place('2')];
  const drop = several([one, two], { role: 'b', clock, onTrouble, timing: { longestRetry: 4000 } });
  one.weather = 'denied';
  const iterator = collector(drop);
  let next = nextBatch(iterator);
  await first;
  const triedAt = [0];
  for (let tries = 1; tries < 6; ) {
    clock.advance(500);
    await turn();
    if (one.count('collect') > tries) {
      tries = one.count('collect');
      triedAt.push(clock.now());
    }
    put(two, `${clock.now()}`);
    const batch = await next;
    await done(batch);
    assert.deepEqual(bodiesOf(batch), [`${clock.now()}`]);
    next = nextBatch(iterator);
  }
  assert.deepEqual(triedAt, [0, 1000, 3000, 7000, 11_000, 15_000]);
  assert.deepEqual(told, ['place 1: Not allowed.']);
  one.weather = 'fair';
  put(one, 'back');
  clock.advance(4000);
  assert.deepEqual(bodiesOf(await next), ['back']);
  await drop.close();
});

test('where no drop can be collected from, and waiting would not mend it, the collection ends', async () => {
  const [one, two] = [new Place('1'), new Place('2')];
  const drop = several([one, two], { role: 'b' });
  one.weather = 'denied';
  two.door = 'denied';
  await assert.rejects(collectDone(drop, 1), { code: 'no-drop-reached', retryable: false });
  await drop.close();
});

test('failures that may pass end no collection that waits', async () => {
  const clock = new TestClock();
  const { told, onTrouble, first } = troubles();
  const one = new Place('1');
  one.weather = 'failing';
  const drop = several([one], { role: 'b', clock, onTrouble });
  const collected = collectDone(drop, 1);
  await first;
  one.weather = 'fair';
  put(one, 'x');
  assert.deepEqual((await clock.run(collected)).value, ['x']);
  assert.deepEqual(told, ['place 1: Out of reach.']);
});

test('a drop that was closed under the collection is opened anew', async () => {
  const clock = new TestClock();
  const { onTrouble, first } = troubles();
  const one = new Place('1');
  const drop = several([one], { role: 'b', clock, onTrouble });
  const collected = collectDone(drop, 1);
  await one.called('collect');
  one.cloud.kill('b');
  await first;
  put(one, 'x');
  assert.deepEqual((await clock.run(collected)).value, ['x']);
  assert.equal(one.opened, 2);
});

test('one look takes what the drops that serve have, and fails only where none does', async () => {
  const { told, onTrouble } = troubles();
  const [one, two] = [new Place('1'), new Place('2')];
  const drop = several([one, two], { role: 'b', onTrouble });
  put(two, 'x');
  one.weather = 'failing';
  assert.deepEqual(await collectNow(drop), ['x']);
  assert.deepEqual(await collectNow(drop), []);
  assert.deepEqual(told, ['place 1: Out of reach.']);
  two.weather = 'denied';
  await assert.rejects(collectNow(drop), { code: 'no-drop-reached', retryable: true });
  [one.weather, two.weather] = ['fair', 'fair'];
  assert.deepEqual(await collectNow(drop), []);
  one.weather = 'failing';
  await collectNow(drop);
  assert.equal(told.length, 2, 'said again, as it had served between');
});

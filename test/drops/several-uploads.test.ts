/** Parcels in several drops: what becomes of uploads as drops die and come back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Drop } from '../../client/drops/drop.ts';
import { digest, freshKey, parcelOf, parcelsOf, readRange } from '../contract/tools.ts';
import { Place, several, TestClock } from './several-tools.ts';

const twoParts = (drop: Drop) => {
  const store = parcelsOf(drop);
  const { bytes, parts } = parcelOf(store, 1, 1000);
  const [first, second] = parts;
  assert.ok(first && second);
  return { store, bytes, first, second, key: freshKey('a') };
};

async function holds(places: readonly Place[], key: string, bytes: Buffer): Promise<void> {
  const store = parcelsOf(several(places, { role: 'b' }));
  assert.equal(digest(await readRange(store, key, 0, bytes.length)), digest(bytes));
}

test('an upload by all drops goes on in another process although one of them is dead', async () => {
  const places = [new Place('1'), new Place('2')] as const;
  const { store, bytes, first, second, key } = twoParts(several(places, { policy: 'all' }));
  const ticket = await store.create(key);
  const receipt = await store.putPart(key, ticket, first);
  const [one, two] = places;
  one.weather = 'failing';
  const later = parcelsOf(several(places, { policy: 'all' }));
  await later.complete(key, ticket, [receipt, await later.putPart(key, ticket, second)]);
  assert.deepEqual([one.cloud.parcelKeys(), two.cloud.parcelKeys()], [[], [key]]);
  one.weather = 'fair';
  await holds([two], key, bytes);
});

test('a drop that misses a part is left out of the upload from then on', async () => {
  const [one, two] = [new Place('1'), new Place('2')];
  const { store, bytes, first, second, key } = twoParts(several([one, two]));
  const ticket = await store.create(key, { everywhere: true });
  one.weather = 'failing';
  const receipt = await store.putPart(key, ticket, first);
  one.weather = 'fair';
  const asked = one.count('putPart');
  await store.complete(key, ticket, [receipt, await store.putPart(key, ticket, second)]);
  assert.equal(one.count('putPart'), asked);
  assert.deepEqual([one.cloud.parcelKeys(), two.cloud.parcelKeys()], [[], [key]]);
  await holds([one, two], key, bytes);
});

test('a part that the last whole drop did not take must be put again', async () => {
  const [one, two] = [new Place('1'), new Place('2')];
  const { store, bytes, first, second, key } = twoParts(several([one, two]));
  const ticket = await store.create(key, { everywhere: true });
  one.weather = 'failing';
  const receipt = await store.putPart(key, ticket, first);
  [one.weather, two.weather] = ['fair', 'failing'];
  await assert.rejects(store.putPart(key, ticket, second), { code: 'drop-unreachable', retryable: true });
  two.weather = 'fair';
  await store.complete(key, ticket, [receipt, await store.putPart(key, ticket, second)]);
  await holds([two], key, bytes);
});

test('of parts under way side by side, each missed by another drop, one must be put again', async () => {
  const [one, two] = [new Place('1'), new Place('2')];
  const { store, bytes, first, second, key } = twoParts(several([one, two]));
  const ticket = await store.create(key, { everywhere: true });
  one.failing.add('putPart 1');
  two.failing.add('putPart 2');
  const [receipt, missed] = await Promise.allSettled([
    store.putPart(key, ticket, first),
    store.putPart(key, ticket, second),
  ]);
  assert.ok(receipt.status === 'fulfilled' && missed.status === 'rejected');
  assert.equal(missed.reason.code, 'drop-unreachable');
  await store.complete(key, ticket, [receipt.value, await store.putPart(key, ticket, second)]);
  assert.deepEqual([one.cloud.parcelKeys(), two.cloud.parcelKeys()], [[], [key]]);
  await holds([two], key, bytes);
});

test('parts in different drops alone make no parcel: the upload begins anew', async () => {
  const [one, two] = [new Place('1'), new Place('2')];
  const { store, first, second, key } = twoParts(several([one, two]));
  const ticket = await store.create(key, { everywhere: true });
  one.weather = 'failing';
  const inTwo = await store.putPart(key, ticket, first);
  [one.weather, two.weather] = ['fair', 'failing'];
  // Another process does not know what the first drop missed.
  const later = parcelsOf(several([one, two]));
  const inOne = await later.putPart(key, ticket, second);
  await assert.rejects(later.complete(key, ticket, [inTwo, inOne]), { code: 'no-such-upload', retryable: false });
});

test('an upload whose only drop stays dead is told to begin anew, once another can take it', async () => {
  const clock = new TestClock();
  const [one, two] = [new Place('1'), new Place('2')];
  const { store, first, key } = twoParts(several([one, two], { clock }));
  const ticket = await store.create(key);
  [one.weather, two.weather] = ['failing', 'failing'];
  for (let failures = 0; failures < 5; failures++) {
    await assert.rejects(store.putPart(key, ticket, first), { code: 'drop-unreachable', retryable: true });
    clock.advance(20_000);
  }
  two.weather = 'fair';
  await assert.rejects(store.putPart(key, ticket, first), { code: 'no-such-upload', retryable: false });
  one.weather = 'fair';
  await store.complete(key, ticket, [await store.putPart(key, ticket, first)]);
  assert.deepEqual(one.cloud.parcelKeys(), [key], 'it may go on as well');
});

test('a ticket of a drop that is gone, or of a channel with one drop, begins anew', async () => {
  const [one, two] = [new Place('1'), new Place('2')];
  const { store, first, key } = twoParts(several([one, two]));
  const ticket = await store.create(key);
  const other = parcelsOf(several([two]));
  for (const [gone, put] of [
    [other, ticket],
    [store, 'upload-1'],
    [store, '{}'],
    [store, '[1]'],
    [store, 'null'],
  ] as const) {
    await assert.rejects(gone.putPart(key, put, first), { code: 'no-such-upload' }, put);
    await gone.abort(key, put);
  }
});

test('where a drop hangs, the upload begins in the next, and what was begun there too late is given up', async () => {
  const clock = new TestClock();
  const [one, two] = [new Place('1'), new Place('2')];
  const { store, bytes, first, second, key } = twoParts(several([one, two], { clock }));
  const late = Promise.withResolvers<void>();
  one.held = late.promise;
  const { value: ticket, took } = await clock.run(store.create(key));
  assert.ok(took <= 1500, `${took} ms`);
  const givenUp = one.called('abort');
  late.resolve();
  await givenUp;
  const receipts = [await store.putPart(key, ticket, first), await store.putPart(key, ticket, second)];
  assert.equal(one.count('putPart'), 0);
  await store.complete(key, ticket, receipts);
  await holds([two], key, bytes);
});

test('a drop that hangs in the middle of an upload by all drops is left out of it', async () => {
  const clock = new TestClock();
  const [one, two] = [new Place('1'), new Place('2')];
  const { store, bytes, first, second, key } = twoParts(several([one, two], { clock, policy: 'all' }));
  const ticket = await store.create(key);
  one.weather = 'hanging';
  const { value: receipt } = await clock.run(store.putPart(key, ticket, first), 10_000);
  const { value: last, took } = await clock.run(store.putPart(key, ticket, second));
  assert.equal(took, 0);
  await store.complete(key, ticket, [receipt, last]);
  await holds([two], key, bytes);
});

test('giving up reaches every drop of the upload, and is no error where it never was', async () => {
  const [one, two] = [new Place('1'), new Place('2')];
  const { store, first, key } = twoParts(several([one, two], { policy: 'all' }));
  const ticket = await store.create(key);
  const receipt = await store.putPart(key, ticket, first);
  await store.abort(key, ticket);
  await store.abort(key, ticket);
  assert.deepEqual([one.count('abort'), two.count('abort')], [2, 2]);
  await assert.rejects(store.complete(key, ticket, [receipt]), { code: 'no-such-upload' });
});

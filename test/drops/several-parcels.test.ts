/** Parcels in several drops: where they are got from, and removed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest, freshKey, parcelOf, parcelsOf, putParcel, readRange } from '../contract/tools.ts';
import { Place, several, TestClock } from './several-tools.ts';

const missing = { code: 'no-such-parcel' };

test('a parcel is got from whichever drop has it, and from there at once the next time', async () => {
  const [one, two] = [new Place('1'), new Place('2')];
  const key = freshKey('a');
  const parcel = parcelOf(parcelsOf(several([two])), 0, 500);
  await putParcel(parcelsOf(several([two])), key, parcel);
  const store = parcelsOf(several([one, two], { role: 'b' }));
  for (let count = 0; count < 3; count++) {
    assert.equal(digest(await readRange(store, key, 0, 500)), digest(parcel.bytes));
  }
  assert.deepEqual([one.count('get'), two.count('get')], [1, 3]);
});

test('a parcel is missing only where every drop says so', async () => {
  const [one, two] = [new Place('1'), new Place('2')];
  const store = parcelsOf(several([one, two], { role: 'b' }));
  const key = freshKey('a');
  await assert.rejects(readRange(store, key, 0, 1), missing);
  one.weather = 'failing';
  await assert.rejects(readRange(store, key, 0, 1), { code: 'no-drop-reached', retryable: true });
  one.weather = 'fair';
  await assert.rejects(readRange(store, key, 0, 1), missing);
});

test('where a drop hangs, a parcel is got from the next', async () => {
  const clock = new TestClock();
  const [one, two] = [new Place('1'), new Place('2')];
  const key = freshKey('a');
  const parcel = parcelOf(parcelsOf(several([one])), 0, 500);
  await putParcel(parcelsOf(several([one, two], { policy: 'all' })), key, parcel);
  one.weather = 'hanging';
  const store = parcelsOf(several([one, two], { role: 'b', clock }));
  const { value, took } = await clock.run(readRange(store, key, 0, 500));
  assert.equal(digest(value), digest(parcel.bytes));
  assert.ok(took <= 1500, `${took} ms`);
});

test('a drop that breaks off in the middle says so, and the rest comes from another', async () => {
  const [one, two] = [new Place('1'), new Place('2')];
  const key = freshKey('a');
  const bytes = 3 * 1024 * 1024;
  const parcel = parcelOf(parcelsOf(several([one])), 0, bytes);
  await putParcel(parcelsOf(several([one, two], { policy: 'all' })), key, parcel);
  const store = parcelsOf(several([one, two], { role: 'b' }));
  const pieces: Uint8Array[] = [];
  const filled = () => pieces.reduce((sum, { length }) => sum + length, 0);
  const fetch = async () => {
    for await (const piece of store.get(key, { offset: filled(), length: bytes - filled() })) {
      pieces.push(Uint8Array.from(piece));
      one.weather = 'failing';
    }
  };
  await assert.rejects(fetch(), { code: 'drop-unreachable', retryable: true });
  assert.ok(filled() > 0 && filled() < bytes);
  await fetch();
  assert.deepEqual([one.count('get'), two.count('get')], [1, 1]);
  assert.equal(digest(Buffer.concat(pieces)), digest(parcel.bytes));
});

test('a parcel is removed from every drop; where one can not be reached, that is said and the others are done', async () => {
  const [one, two] = [new Place('1'), new Place('2')];
  const store = parcelsOf(several([one, two], { policy: 'all' }));
  const key = freshKey('a');
  await putParcel(store, key, parcelOf(store, 0, 500));
  two.weather = 'failing';
  await assert.rejects(store.remove(key), { code: 'not-removed', retryable: true, message: /from place 2,/ });
  assert.deepEqual([one.cloud.parcelKeys(), two.cloud.parcelKeys()], [[], [key]]);
  two.weather = 'fair';
  await store.remove(key);
  assert.deepEqual(two.cloud.parcelKeys(), []);
});

test('a drop that keeps no parcels is passed over; where none does, that is said', async () => {
  const [one, two] = [new Place('1', { parcelBytes: 0 }), new Place('2')];
  const drop = several([one, two]);
  const key = freshKey('a');
  await putParcel(parcelsOf(drop), key, parcelOf(parcelsOf(drop), 0, 500));
  assert.deepEqual(two.cloud.parcelKeys(), [key]);
  assert.equal(drop.limits.parcelBytes, two.cloud.limits.parcelBytes);
  const none = several([one]);
  await assert.rejects(parcelsOf(none).create(key), { code: 'no-parcels', retryable: false });
  assert.equal(none.limits.parcelBytes, 0);
});

/** What is particular to parcels in a folder; what every drop does is in test/contract. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, symlink, truncate, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { STORED_CHUNK_BYTES } from '../../client/crypto/parcel.ts';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';
import { freshFolder, openDrop } from '../contract/folder-place.ts';
import { digest, freshKey, parcelOf, parcelsOf, putParcel, readRange } from '../contract/tools.ts';

const HOUR = 3_600_000;

test('folder: a parcel lies under its key and an upload beside it', async (context) => {
  const path = await freshFolder(context);
  const store = parcelsOf(openDrop(context, path, 'a'));
  const key = freshKey('a');
  const folder = join(path, 'parcels', key.slice(0, key.lastIndexOf('/')));
  const ticket = await store.create(key);
  const name = key.slice(key.lastIndexOf('/') + 1);
  assert.deepEqual(await readdir(folder), [`${name}.${ticket}.part`]);
  const parcel = parcelOf(store, 0, 100);
  const receipts = await Promise.all(parcel.parts.map((part) => store.putPart(key, ticket, part)));
  await store.complete(key, ticket, receipts);
  assert.deepEqual(await readdir(folder), [name]);
  assert.equal(digest(await readFile(join(path, 'parcels', key))), digest(parcel.bytes));
});

test('folder: parcels of the other side are not put from here', async (context) => {
  const path = await freshFolder(context);
  const store = parcelsOf(openDrop(context, path, 'a'));
  await assert.rejects(store.create(freshKey('b')), { code: 'bad-parcel-key' });
});

test('folder: each chunk of a parcel comes as one piece, which can be opened where it lies', async (context) => {
  const path = await freshFolder(context);
  const store = parcelsOf(openDrop(context, path, 'a'));
  const key = freshKey('a');
  const parcel = parcelOf(store, 3, 100);
  await putParcel(store, key, parcel);
  const range = { offset: STORED_CHUNK_BYTES, length: 2 * STORED_CHUNK_BYTES };
  const lengths: number[] = [];
  for await (const piece of store.get(key, range)) lengths.push(piece.length);
  assert.deepEqual(lengths, [STORED_CHUNK_BYTES, STORED_CHUNK_BYTES]);
});

test('folder: a ticket never leads out of the folder', async (context) => {
  const path = await freshFolder(context);
  const store = parcelsOf(openDrop(context, path, 'a'));
  const part = { number: 1, offset: 0, pieces: [Buffer.from('x')] };
  for (const ticket of ['', '../../x', '/etc/passwd', 'A'.repeat(24), `${'0'.repeat(24)}/x`]) {
    await assert.rejects(store.putPart(freshKey('a'), ticket, part), { code: 'no-such-upload' }, ticket);
  }
});

test('folder: a link in place of an upload is not written through', async (context) => {
  const path = await freshFolder(context);
  const key = freshKey('a');
  const ticket = await parcelsOf(openDrop(context, path, 'a')).create(key);
  const victim = join(path, 'victim');
  await writeFile(victim, 'precious');
  await unlink(join(path, 'parcels', `${key}.${ticket}.part`));
  await symlink(victim, join(path, 'parcels', `${key}.${ticket}.part`));
  const store = parcelsOf(openDrop(context, path, 'a'));
  const part = { number: 1, offset: 0, pieces: [Buffer.from('x')] };
  await assert.rejects(store.putPart(key, ticket, part), { kind: 'drop' });
  assert.equal(await readFile(victim, 'utf8'), 'precious');
});

test('folder: an upload whose file lost its end is not completed', async (context) => {
  const path = await freshFolder(context);
  const store = parcelsOf(openDrop(context, path, 'a'));
  const key = freshKey('a');
  const ticket = await store.create(key);
  const receipts = await Promise.all(parcelOf(store, 1, 100).parts.map((part) => store.putPart(key, ticket, part)));
  await truncate(join(path, 'parcels', `${key}.${ticket}.part`), 5);
  await assert.rejects(store.complete(key, ticket, receipts), { code: 'incomplete-upload' });
  await assert.rejects(store.complete(key, ticket, receipts.toReversed()), { code: 'bad-receipts' });
});

test('folder: a new upload sweeps what expired and what stood still, of its own role alone', async (context) => {
  const path = await freshFolder(context);
  const now = Date.now();
  const past = () => formatParcelKey('a', now - 5 * HOUR, randomBytes(16));
  const early = openDrop(context, path, 'a', { now: () => now - 10 * HOUR });
  const store = parcelsOf(early);
  const [expired, kept] = [past(), freshKey('a')];
  await putParcel(store, expired, parcelOf(store, 0, 100));
  const unfinished = past();
  await store.create(unfinished);
  const still = await store.create(kept);
  const theirs = formatParcelKey('b', now - 5 * HOUR, randomBytes(16));
  const other = parcelsOf(openDrop(context, path, 'b', { now: () => now - 10 * HOUR }));
  await putParcel(other, theirs, parcelOf(other, 0, 100));
  await putParcel(store, kept, parcelOf(store, 0, 100));
  const stillPath = join(path, 'parcels', `${kept}.${still}.part`);
  await utimes(stillPath, 1, 1);
  await mkdir(join(path, 'parcels/a/not-an-hour'));
  assert.equal((await readRange(store, expired, 0, 100)).length, 100);

  const last = freshKey('a');
  await parcelsOf(openDrop(context, path, 'a')).create(last);
  const hourOf = (key: string) => key.split('/')[1] ?? '';
  const hours = new Set([hourOf(kept), hourOf(last), 'not-an-hour']);
  assert.deepEqual((await readdir(join(path, 'parcels/a'))).sort(), [...hours].sort());
  assert.equal((await readRange(store, kept, 0, 100)).length, 100);
  assert.ok(!(await readdir(join(path, 'parcels/a', hourOf(kept)))).includes(stillPath.split('/').at(-1) ?? ''));
  assert.equal((await readRange(other, theirs, 0, 100)).length, 100);
});

test('folder: a parcel that is shorter than it should be may be arriving, and is given as it is in the end', async (context) => {
  const path = await freshFolder(context);
  const store = parcelsOf(openDrop(context, path, 'a', { arrival: 0 }));
  const key = freshKey('a');
  const parcel = parcelOf(store, 2, 100);
  await putParcel(store, key, parcel);
  const { length } = parcel.bytes;
  assert.equal(digest(await readRange(store, key, 10, length)), digest(parcel.bytes.subarray(10)));
  assert.equal((await readRange(store, key, length, 10)).length, 0);
  const early = parcelsOf(openDrop(context, path, 'b'));
  assert.equal(digest(await readRange(early, key, 10, length - 10)), digest(parcel.bytes.subarray(10)));
  const arriving = { kind: 'drop', code: 'parcel-arriving', retryable: true };
  await assert.rejects(readRange(early, key, 10, length), arriving);
  await utimes(join(path, 'parcels', key), 1, 1);
  await assert.rejects(readRange(early, key, 10, length), arriving);
});

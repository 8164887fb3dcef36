/** Removing by hand what stayed in a folder past its time. */
import assert from 'node:assert/strict';
import { mkdir, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { folderDropId } from '../../client/drops/folder/folder-drop.ts';
import { folderKind } from '../../client/drops/folder/kind.ts';
import type { DropAddress } from '../../client/drops/registry.ts';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';
import type { Role } from '../../client/protocol/roles.ts';
import { freshFolder, openDrop } from '../contract/folder-place.ts';
import { freshKey, parcelOf, parcelsOf, putParcel } from '../contract/tools.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface Place {
  readonly path: string;
  readonly address: DropAddress;
}

async function freshDrop(context: TestContext): Promise<Place> {
  const path = await freshFolder(context);
  return { path, address: { kind: 'folder', path, id: await folderDropId(path) } };
}

let numbers = 0;
function keyFor(role: Role, time: number): string {
  return formatParcelKey(role, time, Buffer.alloc(16, ++numbers));
}

async function put({ path }: Place, name: string): Promise<void> {
  const file = join(path, 'parcels', name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, 'x');
}

/** Everything below parcels/, folders with a slash at their end. */
async function lying({ path }: Place): Promise<string[]> {
  const entries = await readdir(join(path, 'parcels'), { recursive: true, withFileTypes: true });
  return entries.map((entry) => {
    const name = join(entry.parentPath, entry.name).slice(join(path, 'parcels').length + 1);
    return entry.isDirectory() ? `${name}/` : name;
  });
}

async function expire({ address }: Place, now = Date.now()) {
  return folderKind.expire?.(address, { now });
}

test('folder-expire: an hour that somebody put in as a link to a folder elsewhere is left alone', async (context) => {
  const [place, elsewhere] = [await freshDrop(context), await freshDrop(context)];
  const fresh = keyFor('a', Date.now() + DAY);
  const passed = keyFor('a', Date.now() - DAY);
  await put(elsewhere, fresh);
  await put(place, passed);
  await rm(join(place.path, 'parcels', dirname(passed)), { recursive: true });
  await symlink(join(elsewhere.path, 'parcels', dirname(fresh)), join(place.path, 'parcels', dirname(passed)));
  assert.deepEqual(await expire(place), { removed: 0, aborted: 0, failed: 0, finished: true });
  assert.ok((await lying(elsewhere)).includes(fresh));
});

test('folder-expire: of both sides what has passed or is too far ahead goes, with uploads nobody goes on with', async (context) => {
  const place = await freshDrop(context);
  const now = Date.now();
  const drops = { a: openDrop(context, place.path, 'a'), b: openDrop(context, place.path, 'b') };
  const kept = { a: freshKey('a'), b: freshKey('b') };
  for (const role of ['a', 'b'] as const) {
    await putParcel(parcelsOf(drops[role]), kept[role], parcelOf(parcelsOf(drops[role]), 0, 100));
  }
  const upload = `${kept.a}.${await parcelsOf(drops.a).create(kept.a)}.part`;
  const still = `${kept.b}.${await parcelsOf(drops.b).create(kept.b)}.part`;
  // Uploads of a drop sweep its own side, so what has passed comes after them.
  for (const role of ['a', 'b'] as const) {
    for (const time of [now - HOUR, now - 400 * DAY, now + 16 * DAY]) await put(place, keyFor(role, time));
    await put(place, `${keyFor(role, now - HOUR)}.${'0'.repeat(24)}.part`);
    await put(place, `${keyFor(role, now + 16 * DAY)}.${'0'.repeat(24)}.part`);
  }
  await utimes(join(place.path, 'parcels', still), 1, 1);
  assert.deepEqual(await expire(place), { removed: 6, aborted: 5, failed: 0, finished: true });
  const files = (await lying(place)).filter((name) => !name.endsWith('/')).sort();
  assert.deepEqual(files, [kept.a, upload, kept.b].sort());
  // Hours that are empty go along.
  const hours = new Set(Object.values(kept).map((key) => `${dirname(key)}/`));
  const folders = (await lying(place)).filter((name) => /\/.*\/$/.test(name));
  assert.deepEqual(new Set(folders), hours);
  assert.deepEqual(await expire(place), { removed: 0, aborted: 0, failed: 0, finished: true });
});

test('folder-expire: what is not of btr stays, wherever it lies', async (context) => {
  const place = await freshDrop(context);
  const [old, far] = [keyFor('a', Date.now() - DAY), keyFor('b', Date.now() + 30 * DAY)];
  const strangers = [
    'a/notes.txt',
    'a/2026-13-01T00/AAECAwQFBgcICQoLDA0ODw',
    `${dirname(old)}/.DS_Store`,
    `${old}.sync-conflict-20261121`,
    `${old}.tmp`,
    `${dirname(far)}/.~lock`,
    'c/2020-01-01T00/AAECAwQFBgcICQoLDA0ODw',
  ];
  for (const name of [old, far, ...strangers]) await put(place, name);
  assert.deepEqual(await expire(place), { removed: 2, aborted: 0, failed: 0, finished: true });
  const files = (await lying(place)).filter((name) => !name.endsWith('/'));
  assert.deepEqual(files.sort(), strangers.sort());
});

test("folder-expire: a machine whose clock is wrong removes nothing fresh: the file system's counts, too", async (context) => {
  const place = await freshDrop(context);
  const fresh = [keyFor('a', Date.now() + HOUR), keyFor('b', Date.now() + 14 * DAY)];
  for (const key of fresh) await put(place, key);
  for (const wrong of [-100 * DAY, 100 * DAY]) {
    assert.equal((await expire(place, Date.now() + wrong))?.removed, 0);
  }
  const files = (await lying(place)).filter((name) => !name.endsWith('/'));
  assert.deepEqual(files.sort(), fresh.sort());
});

test('folder-expire: another folder in its place, or none, is refused, and nothing is made there', async (context) => {
  const place = await freshDrop(context);
  const other = { ...place, address: { ...place.address, id: '0'.repeat(32) } };
  await put(place, keyFor('a', Date.now() - DAY));
  await assert.rejects(expire(other), { kind: 'drop', code: 'folder-another' });
  const path = join(place.path, 'not-there');
  await assert.rejects(expire({ path, address: { ...place.address, path } }), { code: 'folder-another' });
  assert.equal((await lying(place)).filter((name) => !name.endsWith('/')).length, 1);
});

test('folder-expire: what may not be removed is counted, and the rest goes', async (context) => {
  const place = await freshDrop(context);
  const [locked, free] = [keyFor('a', Date.now() - DAY), keyFor('b', Date.now() - DAY)];
  // A folder with a parcel's name can't be unlinked, by whatever account.
  await mkdir(join(place.path, 'parcels', locked), { recursive: true });
  await put(place, free);
  assert.deepEqual(await expire(place), { removed: 1, aborted: 0, failed: 1, finished: true });
});

test('folder-expire: an interruption ends it', async (context) => {
  const place = await freshDrop(context);
  await put(place, keyFor('a', Date.now() - DAY));
  const signal = AbortSignal.abort(new Error('enough'));
  await assert.rejects(async () => folderKind.expire?.(place.address, { now: Date.now(), signal }), {
    message: 'enough',
  });
  assert.equal((await lying(place)).filter((name) => !name.endsWith('/')).length, 1);
});

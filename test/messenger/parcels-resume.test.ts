/** Downloads that were cut, or killed: they go on where they stopped, and leave one whole file. */
import assert from 'node:assert/strict';
import { link, open, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { STORED_CHUNK_BYTES } from '../../client/crypto/parcel.ts';
import { abandonDownload } from '../../client/messenger/parcels/download.ts';
import { decodeDownloadHead } from '../../client/messenger/parcels/journal.ts';
import { fetchParcel, MemoryJournal, MIB, passing, sentParcel } from './parcels-support.ts';

test('a download that was cut goes on where it stopped', async (t) => {
  const parcel = await sentParcel(t, 40 * MIB + 5);
  const journal = new MemoryJournal();
  parcel.parcels.before = async (call, offset) => {
    if (call !== 'get' || offset < 24 * STORED_CHUNK_BYTES) return;
    while (journal.saved.size < 2) await setImmediate();
    throw new Error('killed');
  };
  await assert.rejects(fetchParcel(parcel, { journal }), { message: 'killed' });
  const [temporary] = await readdir(parcel.folder);
  assert.match(temporary ?? '', /^\.btr-[0-9a-f]{16}\.part$/);
  assert.equal((await stat(join(parcel.folder, temporary ?? ''))).mode & 0o777, 0o600);
  const kept = journal.saved.size;
  assert.ok(kept >= 2 && kept < 6);

  // One journalled part did not survive on the disk: it is fetched again, the others are not.
  const [first] = journal.saved.values();
  const file = await open(join(parcel.folder, temporary ?? ''), 'r+');
  await file.write('damage', ((first?.number ?? 1) - 1) * 8 * MIB + 3 * MIB + 100);
  await file.close();
  parcel.parcels.before = () => undefined;
  parcel.parcels.calls.length = 0;
  const { path } = await fetchParcel(parcel, { journal });
  assert.equal(parcel.parcels.count('get'), 6 - kept + 1);
  assert.equal(Buffer.compare(await readFile(path ?? ''), parcel.content), 0);
  assert.deepEqual(await readdir(parcel.folder), ['file.bin']);

  // The process dies before it records the result: the next call finds it, and fetches nothing.
  parcel.parcels.calls.length = 0;
  assert.deepEqual(await fetchParcel(parcel, { journal }), { path });
  assert.deepEqual(parcel.parcels.calls, []);
});

test('a crash between the new name and the end of the old one leaves one file', async (t) => {
  const parcel = await sentParcel(t, 1000);
  const journal = new MemoryJournal();
  const { path } = await fetchParcel(parcel, { journal });
  await link(path ?? '', decodeDownloadHead(journal.head ?? new Uint8Array()).temporary);
  assert.deepEqual(await fetchParcel(parcel, { journal }), { path });
  assert.deepEqual(await readdir(parcel.folder), ['file.bin']);
});

test('a temporary file that went away, or became a link, is not used', async (t) => {
  for (const replace of [
    (path: string) => rm(path),
    async (path: string) => {
      await rm(path);
      await symlink(`${path}.elsewhere`, path);
      await writeFile(`${path}.elsewhere`, 'untouched');
    },
  ]) {
    const parcel = await sentParcel(t, 20 * MIB);
    const journal = new MemoryJournal();
    parcel.parcels.before = (call, offset) => {
      if (call === 'get' && offset > 0) throw new Error('killed');
    };
    await assert.rejects(fetchParcel(parcel, { journal }), { message: 'killed' });
    const [temporary] = await readdir(parcel.folder);
    const path = join(parcel.folder, temporary ?? '');
    await replace(path);
    parcel.parcels.before = () => undefined;
    const done = await fetchParcel(parcel, { journal });
    assert.equal(Buffer.compare(await readFile(done.path ?? ''), parcel.content), 0);
    const rest = (await readdir(parcel.folder)).filter((name) => name !== 'file.bin');
    for (const name of rest) assert.equal(await readFile(join(parcel.folder, name), 'utf8'), 'untouched');
  }
});

test('what an interrupted stream brought is not fetched twice, and a line that stays cut ends', async (t) => {
  const parcel = await sentParcel(t, 5 * MIB);
  let cut = false;
  parcel.parcels.before = (call, offset) => {
    if (call === 'piece' && offset > 2 * MIB && !cut) {
      cut = true;
      throw passing();
    }
  };
  const offsets: number[] = [];
  const before = parcel.parcels.before;
  parcel.parcels.before = (call, offset) => {
    if (call === 'get') offsets.push(offset);
    return before(call, offset);
  };
  await fetchParcel(parcel);
  assert.equal(offsets.length, 2);
  assert.ok((offsets[1] ?? 0) > 2 * MIB);

  parcel.parcels.before = (call) => {
    if (call === 'get') throw passing();
  };
  const journal = new MemoryJournal();
  await assert.rejects(fetchParcel(parcel, { journal }), { code: 'cut', exitCode: 4 });
  assert.ok(journal.head !== undefined);
  await abandonDownload(journal);
  assert.deepEqual(await readdir(parcel.folder), ['file.bin']);
});

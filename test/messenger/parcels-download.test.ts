import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { openChunk, STORED_CHUNK_BYTES, sealChunk } from '../../client/crypto/parcel.ts';
import { targetAt } from '../../client/messenger/parcels/target.ts';
import { fetchParcel, MemoryJournal, MIB, type SentParcel, sentParcel, temporaryFolder } from './parcels-support.ts';

/** Changes what lies in the drop. */
function tamper({ parcels, notice }: SentParcel, change: (bytes: Buffer) => Buffer): void {
  const bytes = parcels.parcels.get(notice.objectKey);
  assert.ok(bytes !== undefined);
  parcels.parcels.set(notice.objectKey, change(Buffer.from(bytes)));
}

/** A stream that keeps what is written to it, and takes its time. */
function collector(): { readonly stream: Writable; readonly written: () => Buffer } {
  const pieces: Buffer[] = [];
  const stream = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(Buffer.from(piece));
      setImmediate().then(() => done(), done);
    },
  });
  return { stream, written: () => Buffer.concat(pieces) };
}

test('what was sent arrives, whatever its length and however it comes in pieces', async (t) => {
  for (const bytes of [0, 1, MIB - 1, MIB, MIB + 1, 8 * MIB, 9 * MIB, 25 * MIB + 3]) {
    const parcel = await sentParcel(t, bytes);
    parcel.parcels.pieceBytes = bytes > MIB ? 777_777 : 65_536;
    const progress: number[] = [];
    const { path } = await fetchParcel(parcel, {
      onProgress: (done, total) => progress.push(done / Math.max(1, total)),
    });
    assert.equal(path, join(parcel.folder, 'file.bin'));
    assert.equal(Buffer.compare(await readFile(path ?? ''), parcel.content), 0, `${bytes} bytes`);
    assert.deepEqual(await readdir(parcel.folder), ['file.bin']);
    assert.equal((await stat(path ?? '')).mode & 0o777, 0o600);
    if (bytes > 0) assert.equal(progress.at(-1), 1);
    const { stream, written } = collector();
    assert.deepEqual(await fetchParcel(parcel, { target: { stream } }), { path: undefined });
    assert.equal(Buffer.compare(written(), parcel.content), 0, `${bytes} bytes to a stream`);
  }
});

test('nothing is overwritten: a number is added, or an explicit path refused', async (t) => {
  const parcel = await sentParcel(t, 100);
  await writeFile(join(parcel.folder, 'file.bin'), 'mine');
  await symlink('/nowhere', join(parcel.folder, 'file (1).bin'));
  const { path } = await fetchParcel(parcel);
  assert.equal(path, join(parcel.folder, 'file (2).bin'));
  assert.equal(await readFile(join(parcel.folder, 'file.bin'), 'utf8'), 'mine');
  parcel.parcels.calls.length = 0;
  const target = await targetAt(join(parcel.folder, 'file.bin'));
  await assert.rejects(fetchParcel(parcel, { target }), { code: 'target-exists', exitCode: 2 });
  assert.deepEqual(parcel.parcels.calls, [], 'said before anything is fetched');
  const chosen = await fetchParcel(parcel, { target: await targetAt(join(parcel.folder, 'chosen')) });
  assert.equal(chosen.path, join(parcel.folder, 'chosen'));

  // Somebody else takes the name while the download runs.
  parcel.parcels.before = (call) => (call === 'get' ? writeFile(join(parcel.folder, 'raced'), 'theirs') : undefined);
  await assert.rejects(fetchParcel(parcel, { target: { path: join(parcel.folder, 'raced') } }), {
    code: 'target-exists',
  });
  assert.equal(await readFile(join(parcel.folder, 'raced'), 'utf8'), 'theirs');
});

test('what --out means', async (t) => {
  const folder = await temporaryFolder(t);
  assert.deepEqual(await targetAt(folder), { folder });
  assert.deepEqual(await targetAt(`${folder}/new/`), { folder: join(folder, 'new') });
  assert.deepEqual(await targetAt(join(folder, 'new')), { path: join(folder, 'new') });
  await writeFile(join(folder, 'file.bin'), 'x');
  for (const [path, code] of [
    [join(folder, 'file.bin', 'inside'), 'no-such-folder'],
    [join(folder, 'x'.repeat(300)), 'disk-failed'],
  ] as const) {
    await assert.rejects(targetAt(path), { code, exitCode: 3 });
  }
});

test('no name leaves the target folder', async (t) => {
  for (const name of ['../../escape', '/etc/escape', '..\\..\\escape', 'a/../../escape']) {
    const parcel = await sentParcel(t, 10, name);
    const inside = join(parcel.folder, 'inside');
    const { path } = await fetchParcel(parcel, { target: { folder: inside } });
    assert.equal(path, join(inside, 'escape'));
    assert.deepEqual(await readdir(parcel.folder), ['inside']);
  }
});

test('altered, swapped, truncated or replaced: a security error, and nothing is left', async (t) => {
  const other = await sentParcel(t, 20 * MIB);
  const chunk = (bytes: Buffer, index: number) =>
    bytes.subarray(index * STORED_CHUNK_BYTES, (index + 1) * STORED_CHUNK_BYTES);
  const changes: Record<string, (bytes: Buffer, parcel: SentParcel) => Buffer> = {
    'one bit': (bytes) => {
      bytes[12 * MIB] = (bytes[12 * MIB] ?? 0) ^ 1;
      return bytes;
    },
    'chunks swapped within it': (bytes) => {
      const second = Buffer.from(chunk(bytes, 1));
      chunk(bytes, 5).copy(chunk(bytes, 1));
      second.copy(chunk(bytes, 5));
      return bytes;
    },
    'a chunk of another parcel': (bytes) => {
      const theirs = other.parcels.parcels.get(other.notice.objectKey);
      assert.ok(theirs !== undefined);
      chunk(theirs, 3).copy(chunk(bytes, 3));
      return bytes;
    },
    'a whole other parcel': () => Buffer.from(other.parcels.parcels.get(other.notice.objectKey) ?? ''),
    'cut within the last chunk': (bytes) => bytes.subarray(0, -1),
    'cut between chunks': (bytes) => bytes.subarray(0, 19 * STORED_CHUNK_BYTES),
    empty: () => Buffer.alloc(0),
    'sealed anew with the right key': (bytes, { notice }) => {
      const key = createSecretKey(notice.key);
      const place = { parcelId: notice.id, index: 2, final: false };
      openChunk(key, place, chunk(bytes, 2)).fill(7);
      sealChunk(key, place, randomBytes(12), chunk(bytes, 2));
      return bytes;
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    const parcel = await sentParcel(t, 20 * MIB);
    tamper(parcel, (bytes) => change(bytes, parcel));
    const journal = new MemoryJournal();
    const code = /^(cut|empty)/.test(what) ? 'parcel-truncated' : 'parcel-altered';
    await assert.rejects(fetchParcel(parcel, { journal }), { code, exitCode: 5 }, what);
    assert.deepEqual(await readdir(parcel.folder), [], what);
    assert.equal(journal.head, undefined);
    const { stream, written } = collector();
    await assert.rejects(fetchParcel(parcel, { target: { stream } }), { code, exitCode: 5 }, what);
    if (what.startsWith('sealed')) continue;
    assert.ok(parcel.content.subarray(0, written().length).equals(written()), `${what}: only authenticated bytes`);
  }
});

test('a parcel that is gone is said, with the reason as far as one can know', async (t) => {
  const parcel = await sentParcel(t, 10);
  await parcel.parcels.remove(parcel.notice.objectKey);
  await assert.rejects(fetchParcel(parcel), { code: 'no-such-parcel', exitCode: 4 });
  const later = () => parcel.notice.expiresAt + 1;
  await assert.rejects(fetchParcel(parcel, { now: later }), { code: 'parcel-expired', exitCode: 4 });
  assert.deepEqual(await readdir(parcel.folder), []);
});

test('a file that can not fit is said before anything is fetched', async (t) => {
  const parcel = await sentParcel(t, 10);
  const size = 2 ** 49;
  const notice = { ...parcel.notice, size, chunks: size / MIB };
  parcel.parcels.calls.length = 0;
  await assert.rejects(fetchParcel({ ...parcel, notice }), { code: 'disk-full', exitCode: 4 });
  assert.deepEqual(parcel.parcels.calls, []);
});

test('the signal and the lease hold for downloads too', async (t) => {
  const parcel = await sentParcel(t, 30 * MIB);
  const stop = new AbortController();
  parcel.parcels.before = (call, offset) => {
    if (call === 'get' && offset > 0) stop.abort(new Error('enough'));
  };
  await assert.rejects(fetchParcel(parcel, { signal: stop.signal }), { message: 'enough' });
  const { stream } = collector();
  await assert.rejects(fetchParcel(parcel, { signal: stop.signal, target: { stream } }), { message: 'enough' });
  const journal = new MemoryJournal();
  journal.holder = 'somebody else';
  await assert.rejects(fetchParcel(parcel, { journal }), { code: 'transfer-busy' });
});

test('a broken pipe ends a download to a stream', async (t) => {
  const parcel = await sentParcel(t, 3 * MIB);
  const stream = new Writable({ write: (_piece, _encoding, done) => done(new Error('EPIPE')) });
  await assert.rejects(fetchParcel(parcel, { target: { stream } }), { message: 'EPIPE' });
});

test('a missing or unsuitable target folder is said in words', async (t) => {
  const parcel = await sentParcel(t, 10);
  await writeFile(join(parcel.folder, 'plain'), '');
  await assert.rejects(fetchParcel(parcel, { target: { path: join(parcel.folder, 'no/file') } }), {
    code: 'no-such-folder',
    exitCode: 3,
  });
  await assert.rejects(fetchParcel(parcel, { target: { folder: join(parcel.folder, 'plain') } }), { exitCode: 3 });
  await mkdir(join(parcel.folder, 'new'));
  assert.ok((await lstat(join(parcel.folder, 'plain'))).isFile());
});

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFile, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { storedSize } from '../../client/crypto/parcel.ts';
import { DropError } from '../../client/errors.ts';
import { partChunks, partCount } from '../../client/messenger/parcels/parts.ts';
import { openSource } from '../../client/messenger/parcels/source.ts';
import { limits, MemoryJournal, MemoryParcels, MIB, now, passing, send, temporaryFolder } from './parcels-support.ts';

async function sourceOf(folder: string, bytes: number) {
  await writeFile(join(folder, 'file'), randomBytes(bytes));
  return openSource(join(folder, 'file'));
}

test("the parcel lies under the sender's role and hour, as long as was computed, and tells nothing", async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'file'), Buffer.alloc(9 * MIB + 5, 'attack at dawn'));
  const source = await openSource(join(folder, 'file'));
  const parcels = new MemoryParcels();
  const progress: [number, number | undefined][] = [];
  const notice = await send(parcels, source, { onProgress: (done, total) => progress.push([done, total]) });
  assert.match(notice.objectKey, /^a\/2026-11-05T14\/[\w-]{22}$/);
  const stored = parcels.parcels.get(notice.objectKey);
  assert.equal(stored?.length, storedSize(9 * MIB + 5));
  assert.equal(stored?.includes('dawn'), false);
  assert.equal(notice.name, 'file');
  assert.equal(notice.chunks, 10);
  assert.deepEqual(progress.at(-1), [9 * MIB + 5, 9 * MIB + 5]);
  await source.close();
});

test('parts are as few chunks as the drop allows, and within 10 MiB up to 80 GiB', () => {
  const s3 = { maxParts: 10_000, minPartBytes: 5 * MIB };
  assert.equal(partChunks(0, s3), 8);
  for (const gib of [1, 78, 79, 80]) {
    const chunks = partChunks(gib * 1024 * MIB, s3);
    assert.ok(storedSize(chunks * MIB) <= 10 * MIB);
    assert.ok(partCount(gib * 1024 * MIB, chunks) <= 10_000);
  }
  assert.ok(partCount(5 * 1024 * 1024 * MIB, partChunks(5 * 1024 * 1024 * MIB, s3)) <= 10_000);
  assert.ok(storedSize(partChunks(undefined, s3) * MIB) <= 10 * MIB);
  assert.equal(partChunks(0, { maxParts: 10, minPartBytes: 16 * MIB }), 16);
});

test('limits are said before anything is sent', async (t) => {
  const folder = await temporaryFolder(t);
  const source = await sourceOf(folder, 1000);
  const parcels = new MemoryParcels();
  const refused = (more: Parameters<typeof send>[2], code: string) =>
    assert.rejects(send(parcels, source, more), { code, exitCode: 2 });
  await refused({ limits: { ...limits, parcelBytes: 0 } }, 'no-parcels');
  await refused({ limits: { ...limits, parcelBytes: 1027 } }, 'parcel-too-large');
  await refused({ expiresAt: now + limits.parcelStay + 1 }, 'stay-too-long');
  await refused({ expiresAt: now }, 'stay-too-short');
  assert.deepEqual(parcels.calls, []);
  await send(parcels, source, { limits: { ...limits, parcelBytes: 1028 } });
  await source.close();
});

test('a stream that grows too large is given up, and nothing of it stays', async () => {
  const parcels = new MemoryParcels();
  const journal = new MemoryJournal();
  const stdin = Readable.from(
    Array.from({ length: 12 }, () => Buffer.alloc(MIB)),
    { objectMode: false },
  );
  const source = await openSource('-', { stdin });
  const small = { ...limits, parcelBytes: 10 * MIB };
  await assert.rejects(send(parcels, source, { limits: small, journal }), { code: 'parcel-too-large' });
  assert.equal(parcels.uploads.size, 0);
  assert.equal(journal.head, undefined);
});

test('a part that fails for a passing reason is put again, and only so often', async (t) => {
  const folder = await temporaryFolder(t);
  const source = await sourceOf(folder, 20 * MIB);
  const parcels = new MemoryParcels();
  let failures = 2;
  parcels.before = (call, number) => {
    if (call === 'putPart' && number === 2 && failures-- > 0) throw passing();
  };
  await send(parcels, source);
  assert.equal(parcels.count('putPart'), 5);

  failures = 3;
  const journal = new MemoryJournal();
  await assert.rejects(send(parcels, source, { journal }), (error) => {
    assert.ok(error instanceof DropError);
    assert.equal(error.code, 'cut');
    assert.match(error.message, /Gave up after 3 attempts/);
    return true;
  });
  assert.ok(journal.head !== undefined, 'what went through is remembered');
  assert.equal(journal.holder, undefined, 'the lease is given back');
  await source.close();
});

test('several parts are on their way at once, never more than there are buffers', async (t) => {
  const folder = await temporaryFolder(t);
  const source = await sourceOf(folder, 100 * MIB);
  const parcels = new MemoryParcels();
  const waiting: (() => void)[] = [];
  let most = 0;
  parcels.before = async (call, number) => {
    if (call !== 'putPart') return;
    // Each waits until five are there; the last three of thirteen have nobody left to wait for.
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push(resolve);
    most = Math.max(most, waiting.length);
    if (waiting.length === 5 || number === 13) for (const go of waiting.splice(0)) go();
    await promise;
  };
  const { chunks } = await send(parcels, source);
  assert.equal(chunks, 100);
  assert.equal(most, 5);
  await source.close();
});

test('an upload that was cut goes on where it stopped, under the same id', async (t) => {
  const folder = await temporaryFolder(t);
  const source = await sourceOf(folder, 40 * MIB + 17);
  const parcels = new MemoryParcels();
  const journal = new MemoryJournal();
  parcels.before = (call, number) => {
    if (call === 'putPart' && number > 3) throw new Error('killed');
  };
  await assert.rejects(send(parcels, source, { journal }), { message: 'killed' });
  const kept = journal.saved.size;
  assert.ok(kept >= 1 && kept <= 3);
  const { head } = journal;
  const ticket = [...parcels.uploads.keys()];
  parcels.before = () => undefined;
  parcels.calls.length = 0;
  const reopened = await openSource(join(folder, 'file'));
  const progress: number[] = [];
  const notice = await send(parcels, reopened, {
    journal,
    expiresAt: now + 3_700_000,
    onProgress: (done) => progress.push(done),
  });
  assert.equal(parcels.count('create'), 0);
  assert.equal(parcels.count('putPart'), 6 - kept);
  assert.deepEqual([...parcels.uploads.keys()], ticket);
  assert.deepEqual(journal.head, head);
  assert.equal(progress.at(-1), 40 * MIB + 17);

  // The process dies before it records the result: the next call returns the same notice and puts nothing.
  parcels.calls.length = 0;
  assert.deepEqual(await send(parcels, reopened, { journal }), notice);
  assert.deepEqual(parcels.calls, ['complete']);
  await source.close();
  await reopened.close();
});

test('a source that differs from what was sent starts over with a new id and key', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'file');
  const source = await sourceOf(folder, 20 * MIB);
  const changes = [
    async () => {
      const file = await open(path, 'r+');
      await file.write(Buffer.of(1, 2, 3), 0, 3, 1000);
      await file.close();
    },
    () => appendFile(path, 'x'),
  ];
  for (const change of changes) {
    const parcels = new MemoryParcels();
    const journal = new MemoryJournal();
    parcels.before = (call) => {
      if (call === 'complete') throw new Error('killed');
    };
    const before = await openSource(path);
    await assert.rejects(send(parcels, before, { journal }), { message: 'killed' });
    await before.close();
    const old = journal.head;
    await change();
    parcels.before = () => undefined;
    const after = await openSource(path);
    await send(parcels, after, { journal });
    await after.close();
    assert.notDeepEqual(journal.head, old);
    assert.equal(parcels.count('abort'), 1);
    assert.equal(parcels.uploads.size, 1, 'the old upload is gone');
  }
  await source.close();
});

test('an upload that the drop forgot, or whose stay no longer fits, starts over', async (t) => {
  const folder = await temporaryFolder(t);
  const source = await sourceOf(folder, 10 * MIB);
  const journal = new MemoryJournal();
  const parcels = new MemoryParcels();
  parcels.before = (call) => {
    if (call === 'complete') throw new Error('killed');
  };
  await assert.rejects(send(parcels, source, { journal }), { message: 'killed' });
  parcels.before = () => undefined;
  parcels.uploads.clear();
  await send(parcels, source, { journal });
  assert.equal(parcels.count('create'), 2);
  for (const stay of [3_000_000, 10 * 3_600_000]) {
    const notice = await send(parcels, source, { journal, expiresAt: now + stay });
    assert.equal(notice.expiresAt, now + stay);
  }
  assert.equal(parcels.count('create'), 4);
  await source.close();
});

test('a source that changes while it is sent is an error, and nobody sees it', async (t) => {
  const folder = await temporaryFolder(t);
  const source = await sourceOf(folder, 10 * MIB);
  const parcels = new MemoryParcels();
  const journal = new MemoryJournal();
  parcels.before = async (call, number) => {
    if (call === 'putPart' && number === 2) await appendFile(join(folder, 'file'), 'more');
  };
  await assert.rejects(send(parcels, source, { journal }), { code: 'source-changed' });
  assert.equal(parcels.parcels.size, 0);
  assert.equal(parcels.uploads.size, 0);
  assert.equal(journal.head, undefined);
  await source.close();
});

test('one process at a time, and one that loses the lease stops', async (t) => {
  const folder = await temporaryFolder(t);
  const source = await sourceOf(folder, 20 * MIB);
  const parcels = new MemoryParcels();
  const journal = new MemoryJournal();
  journal.holder = 'somebody else';
  await assert.rejects(send(parcels, source, { journal }), { code: 'transfer-busy', exitCode: 3 });
  assert.deepEqual(parcels.calls, []);
  journal.holder = undefined;
  t.mock.timers.enable({ apis: ['setInterval'] });
  parcels.before = (call) => {
    if (call !== 'putPart') return;
    journal.holder = 'somebody else';
    t.mock.timers.tick(5000);
  };
  await assert.rejects(send(parcels, source, { journal }), { code: 'transfer-busy' });
  assert.equal(journal.holder, 'somebody else');
  await source.close();
});

test('the signal ends an upload with its reason, also one that waits for its input', async (t) => {
  const folder = await temporaryFolder(t);
  const source = await sourceOf(folder, 40 * MIB);
  const parcels = new MemoryParcels();
  const stop = new AbortController();
  parcels.before = (call, number) => {
    if (call === 'putPart' && number === 2) stop.abort(new Error('enough'));
  };
  const journal = new MemoryJournal();
  await assert.rejects(send(parcels, source, { journal, signal: stop.signal }), { message: 'enough' });
  assert.ok(journal.head !== undefined, 'can be resumed');
  await source.close();

  const stdin = new PassThrough();
  const later = new AbortController();
  const piped = await openSource('-', { stdin });
  parcels.before = (call) => {
    if (call === 'create') setImmediate(() => later.abort(new Error('enough')));
  };
  await assert.rejects(send(parcels, piped, { signal: later.signal }), { message: 'enough' });
  assert.equal(parcels.count('abort'), 1, 'a stream can not be resumed, so nothing is left');
  await piped.close();
});

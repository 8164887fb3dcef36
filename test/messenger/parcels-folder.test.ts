import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { pack } from 'tar-stream';
import { download } from '../../client/messenger/parcels/download.ts';
import { openSource } from '../../client/messenger/parcels/source.ts';
import { moveFileByReserving } from '../../client/messenger/parcels/target.ts';
import type { FileNotice } from '../../client/protocol/file-notice.ts';
import { MemoryJournal, MemoryParcels, now, send, temporaryFolder } from './parcels-support.ts';

type Header = Parameters<ReturnType<typeof pack>['entry']>[0];

function fetch(parcels: MemoryParcels, notice: FileNotice, folder: string, journal = new MemoryJournal()) {
  return download({ parcels, notice, target: { folder }, journal, now: () => now, retryDelays: [] });
}

/** Sends any bytes as the archive of a folder, as only a dishonest sender would. */
async function sendArchive(archive: Buffer): Promise<{ parcels: MemoryParcels; notice: FileNotice }> {
  const parcels = new MemoryParcels();
  const source = await openSource('-', { stdin: Readable.from([archive], { objectMode: false }), name: 'tree' });
  const notice = await send(parcels, source);
  return { parcels, notice: { ...notice, type: 'directory' } };
}

async function archiveOf(entries: readonly [Header, string?][]): Promise<Buffer> {
  const archive = pack();
  for (const [header, content] of entries) archive.entry(header, content ?? '');
  archive.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of archive) {
    assert.ok(piece instanceof Uint8Array);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function sampleFolder(root: string): Promise<void> {
  await mkdir(join(root, 'sub/empty'), { recursive: true });
  await writeFile(join(root, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(join(root, 'sub/large'), randomBytes(3_000_000));
  await writeFile(join(root, `${'ü'.repeat(120)}.txt`), 'long');
  await utimes(join(root, 'run.sh'), 1_000_000_000, 1_000_000_000);
  await symlink('../run.sh', join(root, 'sub/link'));
  for (let number = 0; number < 300; number++) await writeFile(join(root, `sub/${number}`), String(number));
}

test('a folder arrives as it was, under a free name', async (t: TestContext) => {
  const folder = await temporaryFolder(t);
  const root = join(folder, 'holiday');
  await sampleFolder(root);
  const source = await openSource(root);
  const parcels = new MemoryParcels();
  const notice = await send(parcels, source);
  await source.close();
  const out = join(folder, 'out');
  await mkdir(join(out, 'holiday'), { recursive: true });
  const journal = new MemoryJournal();
  const { path } = await fetch(parcels, notice, out, journal);
  assert.equal(path, join(out, 'holiday (1)'));
  assert.deepEqual(await readdir(out), ['holiday', 'holiday (1)']);
  assert.deepEqual(await readdir(join(out, 'holiday')), []);
  execFileSync('diff', ['-r', '--no-dereference', root, path ?? '']);
  assert.equal(await readlink(join(path ?? '', 'sub/link')), '../run.sh');
  const script = await stat(join(path ?? '', 'run.sh'));
  assert.equal(script.mode & 0o777, 0o700);
  assert.equal(script.mtimeMs, 1_000_000_000_000);
  parcels.calls.length = 0;
  assert.deepEqual(await fetch(parcels, notice, out, journal), { path });
  assert.deepEqual(parcels.calls, []);
});

test('a folder to a stream is its archive', async (t: TestContext) => {
  const folder = await temporaryFolder(t);
  await sampleFolder(join(folder, 'root'));
  const source = await openSource(join(folder, 'root'));
  const parcels = new MemoryParcels();
  const notice = await send(parcels, source);
  await source.close();
  const pieces: Buffer[] = [];
  const stream = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(Buffer.from(piece));
      done();
    },
  });
  await download({ parcels, notice, target: { stream }, journal: new MemoryJournal() });
  await mkdir(join(folder, 'out'));
  execFileSync('tar', ['-x', '-C', join(folder, 'out')], { input: Buffer.concat(pieces) });
  execFileSync('diff', ['-r', '--no-dereference', join(folder, 'root'), join(folder, 'out')]);
});

test('nothing that an archive holds gets out of the target folder', async (t: TestContext) => {
  const evil: Record<string, readonly [Header, string?][]> = {
    'a way up': [[{ name: '../escape' }, 'x']],
    'a way up inside': [[{ name: 'a/../../escape' }, 'x']],
    'an absolute path': [[{ name: '/tmp/btr-escape' }, 'x']],
    'a dot': [[{ name: './.' }, 'x']],
    'a link out': [[{ name: 'l', type: 'symlink', linkname: '../..' }]],
    'an absolute link': [[{ name: 'l', type: 'symlink', linkname: '/etc' }]],
    'links that lead out together': [
      [{ name: 'a/b/x', type: 'symlink', linkname: '../..' }],
      [{ name: 'a/b/y', type: 'symlink', linkname: 'x/../..' }],
    ],
    'a file through a link': [
      [{ name: 'l', type: 'symlink', linkname: 'sub' }],
      [{ name: 'sub', type: 'directory' }],
      [{ name: 'l/file' }, 'x'],
    ],
    'a link through a link': [
      [{ name: 'l', type: 'symlink', linkname: '.' }],
      [{ name: 'l/m', type: 'symlink', linkname: '..' }],
    ],
    'a hard link': [[{ name: 'h', type: 'link', linkname: '/etc/passwd' }]],
    'a device': [[{ name: 'd', type: 'character-device', devmajor: 1, devminor: 3 }]],
    'a pipe': [[{ name: 'p', type: 'fifo' }]],
    setuid: [[{ name: 's', mode: 0o4755 }, 'x']],
    'the same file twice': [
      [{ name: 'f' }, '1'],
      [{ name: 'f' }, '2'],
    ],
    'a file that is a folder': [
      [{ name: 'f' }, '1'],
      [{ name: 'f/g' }, '2'],
    ],
  };
  for (const [what, entries] of Object.entries(evil)) {
    const { parcels, notice } = await sendArchive(await archiveOf([[{ name: 'fine' }, 'fine'], ...entries]));
    const folder = await temporaryFolder(t);
    const journal = new MemoryJournal();
    await assert.rejects(
      fetch(parcels, notice, join(folder, 'in'), journal),
      { code: 'unsafe-folder', exitCode: 5 },
      what,
    );
    assert.deepEqual(await readdir(folder), ['in'], what);
    assert.deepEqual(await readdir(join(folder, 'in')), [], what);
    assert.equal(journal.head, undefined);
  }
});

test('what is no archive, or only a part of one, is refused', async (t: TestContext) => {
  const whole = await archiveOf([[{ name: 'file' }, 'x'.repeat(5000)]]);
  for (const archive of [randomBytes(5000), whole.subarray(0, 3000)]) {
    const { parcels, notice } = await sendArchive(archive);
    const folder = await temporaryFolder(t);
    await assert.rejects(fetch(parcels, notice, folder), { code: 'unsafe-folder' });
    assert.deepEqual(await readdir(folder), []);
  }
});

test('where links can not be made, a name is reserved instead, and still nothing overwritten', async (t: TestContext) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'new'), 'new');
  await writeFile(join(folder, 'taken'), 'old');
  assert.equal(await moveFileByReserving(join(folder, 'new'), join(folder, 'taken')), false);
  assert.equal(await readFile(join(folder, 'taken'), 'utf8'), 'old');
  assert.equal(await moveFileByReserving(join(folder, 'new'), join(folder, 'free')), true);
  assert.equal(await readFile(join(folder, 'free'), 'utf8'), 'new');
});

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFile,
  chmod,
  mkdir,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { staysInside } from '../../client/messenger/parcels/links.ts';
import { openSource, type Source } from '../../client/messenger/parcels/source.ts';
import { temporaryFolder } from './parcels-support.ts';

const signal = new AbortController().signal;

/** Reads a source to its end in requests of a few pieces, as an upload does. */
async function readAll(source: Source, sizes: readonly number[] = [5000, 3000]): Promise<Buffer> {
  const whole: Buffer[] = [];
  for (let position = 0; ; ) {
    const pieces = sizes.map((size) => Buffer.alloc(size, 0xee));
    const { bytes, end } = await source.read(position, pieces, signal);
    whole.push(Buffer.concat(pieces).subarray(0, bytes));
    position += bytes;
    if (end) return Buffer.concat(whole);
  }
}

async function sampleFolder(root: string): Promise<void> {
  await mkdir(join(root, 'sub/empty'), { recursive: true });
  await writeFile(join(root, 'b.txt'), 'text');
  await writeFile(join(root, 'run.sh'), '#!/bin/sh\n');
  await chmod(join(root, 'run.sh'), 0o755);
  await writeFile(join(root, 'sub/large'), randomBytes(20_000));
  await writeFile(join(root, 'sub/block'), randomBytes(1024));
  await writeFile(join(root, 'empty'), '');
  await writeFile(join(root, `sub/${'ü'.repeat(100)}.txt`), 'long and not ASCII');
  await symlink('../b.txt', join(root, 'sub/link'));
}

test('a file is read at any place and knows its size', async (t) => {
  const folder = await temporaryFolder(t);
  const content = randomBytes(23_456);
  await writeFile(join(folder, 'file.bin'), content);
  await symlink('file.bin', join(folder, 'alias'));
  for (const name of ['file.bin', 'alias']) {
    const source = await openSource(join(folder, name));
    assert.equal(source.name, name);
    assert.equal(source.size, content.length);
    assert.deepEqual(await readAll(source), content);
    const piece = Buffer.alloc(100);
    assert.deepEqual(await source.read(23_400, [piece], signal), { bytes: 56, end: true });
    assert.deepEqual(piece.subarray(0, 56), content.subarray(23_400));
    await source.verify();
    await source.close();
  }
});

test('a folder is a tar archive that other programs unpack, and the same one each time', async (t) => {
  const folder = await temporaryFolder(t);
  const root = join(folder, 'holiday');
  await sampleFolder(root);
  const source = await openSource(`${root}/`);
  assert.equal(source.type, 'directory');
  assert.equal(source.name, 'holiday');
  const archive = await readAll(source);
  assert.equal(archive.length, source.size);
  await writeFile(join(folder, 'archive.tar'), archive);
  await mkdir(join(folder, 'out'));
  execFileSync('tar', ['-xf', join(folder, 'archive.tar'), '-C', join(folder, 'out')]);
  execFileSync('diff', ['-r', '--no-dereference', root, join(folder, 'out')]);
  assert.equal(await readlink(join(folder, 'out/sub/link')), '../b.txt');
  assert.equal((await stat(join(folder, 'out/run.sh'))).mode & 0o100, 0o100);
  assert.equal((await stat(join(folder, 'out/b.txt'))).mode & 0o111, 0);

  const again = await openSource(root);
  assert.deepEqual(await readAll(again, [777]), archive);
  const middle = Buffer.alloc(3000);
  await again.read(1234, [middle.subarray(0, 7), middle.subarray(7)], signal);
  assert.deepEqual(middle, archive.subarray(1234, 4234));
  await again.close();
  await source.close();
});

test('an empty folder and a file of over 8 GiB have archives too', async (t) => {
  const folder = await temporaryFolder(t);
  const empty = await openSource(folder);
  assert.deepEqual(await readAll(empty), Buffer.alloc(1024));
  await empty.close();
  await writeFile(join(folder, 'huge'), '');
  await truncate(join(folder, 'huge'), 9 * 2 ** 30);
  const source = await openSource(folder);
  assert.ok((source.size ?? 0) > 9 * 2 ** 30);
  const start = Buffer.alloc(4096);
  await source.read(0, [start], signal);
  // tar stops with an error where the archive is cut short; what it listed until then counts.
  const listed = spawnSync('tar', ['-tvf', '-'], { input: start, encoding: 'utf8' });
  assert.match(listed.stdout, / 9663676416 .* huge/);
  await source.close();
});

test('links that leave the folder, pipes and names that are not UTF-8 are skipped and reported', async (t) => {
  const folder = await temporaryFolder(t);
  const root = join(folder, 'root');
  await sampleFolder(root);
  await symlink('/etc/passwd', join(root, 'absolute'));
  await symlink('../outside', join(root, 'sub/../upward'));
  await symlink('sub/../../outside', join(root, 'around'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
  await writeFile(Buffer.concat([Buffer.from(`${root}/`), Buffer.of(0xff, 0xfe)]), 'x');
  const source = await openSource(root);
  assert.deepEqual(source.skipped.map(({ path }) => path).sort(), [
    'absolute',
    'around',
    'pipe',
    'upward',
    '\ufffd\ufffd',
  ]);
  await readAll(source);
  await source.verify();
  await source.close();
});

test('links are judged by where they can lead at most', () => {
  for (const [path, target] of [
    ['link', 'a/b'],
    ['sub/link', '..'],
    ['sub/deep/link', '../../x'],
    ['link', '.'],
  ] as const) {
    assert.equal(staysInside(path, target), true, target);
  }
  for (const [path, target] of [
    ['link', '..'],
    ['link', '/'],
    ['link', ''],
    ['sub/link', '../../x'],
    ['sub/link', '../sub/..'],
    ['link', 'C:/x'],
    ['link', '\\\\server\\share'],
    ['link', 'a\0b'],
  ] as const) {
    assert.equal(staysInside(path, target), false, target);
  }
});

test('a source that changes is noticed', async (t) => {
  const folder = await temporaryFolder(t);
  const root = join(folder, 'root');
  await sampleFolder(root);
  const changes: (() => Promise<unknown>)[] = [
    () => appendFile(join(root, 'b.txt'), 'more'),
    () => utimes(join(root, 'b.txt'), 1, 1),
    () => writeFile(join(root, 'sub/new'), ''),
    () => chmod(join(root, 'run.sh'), 0o644),
  ];
  for (const change of changes) {
    const source = await openSource(root);
    await source.verify();
    await change();
    await assert.rejects(source.verify(), { code: 'source-changed', exitCode: 2 });
    await source.close();
  }
  const file = await openSource(join(root, 'sub/large'));
  await writeFile(join(root, 'sub/large'), 'shorter');
  await assert.rejects(file.read(0, [Buffer.alloc(20_000)], signal), { code: 'source-changed' });
  await assert.rejects(file.verify(), { code: 'source-changed' });
  await file.close();

  const whole = await openSource(root);
  await writeFile(join(root, 'sub/block'), 'x');
  await assert.rejects(readAll(whole), { code: 'source-changed' });
  await whole.close();
});

test('what can not be sent is said', async (t) => {
  const folder = await temporaryFolder(t);
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  await assert.rejects(openSource(join(folder, 'nothing')), { code: 'no-such-file', exitCode: 2 });
  await assert.rejects(openSource(join(folder, 'pipe')), { code: 'not-a-file' });
  await assert.rejects(openSource('/dev/null'), { code: 'not-a-file' });
  await symlink('loop', join(folder, 'loop'));
  await assert.rejects(openSource(join(folder, 'loop')), { code: 'unreadable-file' });
});

test('a stream is read to its end, in whatever pieces it comes', async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 9000 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(pieces, async (sent) => {
      const source = await openSource('-', {
        stdin: Readable.from(
          sent.map((piece) => Buffer.from(piece)),
          { objectMode: false },
        ),
      });
      assert.equal(source.size, undefined);
      assert.deepEqual(await readAll(source), Buffer.concat(sent));
    }),
  );
});

test('waiting for a stream ends with the signal', async () => {
  const stdin = new PassThrough();
  const source = await openSource('-', { stdin });
  const stop = new AbortController();
  const reading = source.read(0, [Buffer.alloc(10)], stop.signal);
  stop.abort(new Error('stopped'));
  await assert.rejects(reading, { message: 'stopped' });
  await source.close();
  assert.ok(stdin.destroyed);
});

test('nothing in a folder is changed by sending it', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'a'), 'a');
  const source = await openSource(folder);
  await readAll(source);
  await source.close();
  assert.deepEqual(await readdir(folder), ['a']);
  assert.equal(await readFile(join(folder, 'a'), 'utf8'), 'a');
});

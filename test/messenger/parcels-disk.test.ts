/** A disk that is really full, and memory that is really measured: both in processes of their own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DiskFullError, errorCode, SetupError } from '../../client/errors.ts';
import { explainDiskError } from '../../client/messenger/parcels/local-errors.ts';
import { temporaryFolder } from './parcels-support.ts';

const child = join(import.meta.dirname, 'parcels-child.ts');

test('a disk that fills up under way is said, and what was fetched is kept', async (t) => {
  const probe = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']);
  if (probe.status !== 0) {
    t.skip('this machine lets no user mount a small disk (unshare -rm)');
    return;
  }
  const folder = await temporaryFolder(t);
  const disk = join(folder, 'disk');
  await mkdir(disk);
  const script = 'mount -t tmpfs -o size=24m none "$1" && shift && exec "$@"';
  const args = ['-rm', 'sh', '-c', script, 'sh', disk, process.execPath, child, 'fill', disk];
  const run = spawnSync('unshare', args, { encoding: 'utf8' });
  assert.equal(run.stderr, '');
  const seen: unknown = JSON.parse(run.stdout);
  assert.deepEqual(seen, { code: 'disk-full', exitCode: 4, kept: true, resumed: true, same: true, left: ['file.bin'] });
});

test('errors of the disk become sentences with a next step, others stay what they are', () => {
  for (const [code, expected] of [
    ['ENOSPC', 'disk-full'],
    ['EDQUOT', 'disk-full'],
    ['EACCES', 'folder-not-writable'],
    ['EROFS', 'folder-not-writable'],
    ['EFBIG', 'file-too-large'],
    ['ENOENT', 'no-such-folder'],
    ['EIO', 'disk-failed'],
  ] as const) {
    const explained = explainDiskError('/folder', Object.assign(new Error(code), { code, syscall: 'write' }));
    assert.ok(explained instanceof (expected === 'disk-full' ? DiskFullError : SetupError));
    assert.notEqual(explained.hint, undefined);
    assert.equal(errorCode(explained), expected);
  }
  const other = new Error('a fault of ours');
  assert.equal(explainDiskError('/folder', other), other);
});

test('memory does not grow with the parcel', async (t) => {
  const folder = await temporaryFolder(t);
  const peaks = new Map<string, number>();
  for (const mebibytes of [96, 480]) {
    const path = join(folder, 'source');
    await writeFile(path, '');
    await truncate(path, mebibytes * 1_048_576);
    for (const way of ['put', 'get']) {
      const run = spawnSync(process.execPath, [child, way, folder, path], { encoding: 'utf8' });
      assert.equal(run.stderr, '');
      const peak = Number(run.stdout);
      assert.ok(peak > 0 && peak < 200, `${way} of ${mebibytes} MiB took ${peak} MiB`);
      const smaller = peaks.get(way);
      if (smaller !== undefined) assert.ok(peak - smaller < 30, `${way}: ${smaller} MiB, then ${peak} MiB`);
      peaks.set(way, peak);
    }
  }
});

/** What is particular to a drop in a folder; what every drop does is in test/contract. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { folderDropId } from '../../client/drops/folder/folder-drop.ts';
import { folderError } from '../../client/drops/maildir/errors.ts';
import { formatHolder, LetterNamer } from '../../client/drops/maildir/layout.ts';
import { freshFolder, openDrop } from '../contract/folder-place.ts';
import { bodies, collectDone, collectNow, leaveAll, nextBatch } from '../contract/tools.ts';

/** A holder on another machine, of which only the lease can say whether it is alive. */
const elsewhere = formatHolder({ random: '0123456789ab', host: '000000000000', pid: 1 });

/** Moves what waits for b into the hands of a collector on another machine, last heard of this long ago. */
async function holdElsewhere(path: string, secondsAgo: number): Promise<string[]> {
  const names = await readdir(join(path, 'a-to-b/new'));
  for (const name of names) {
    await rename(join(path, 'a-to-b/new', name), join(path, 'a-to-b/cur', `${name}.${elsewhere}`));
  }
  const lease = join(path, 'a-to-b/leases', elsewhere);
  await writeFile(lease, '.');
  const time = Date.now() / 1000 - secondsAgo;
  await utimes(lease, time, time);
  return names;
}

test('folder: everybody gets the same id, however many ask first', async (context) => {
  const path = await freshFolder(context);
  const ids = await Promise.all(Array.from({ length: 8 }, () => folderDropId(path)));
  assert.equal(new Set(ids).size, 1);
  assert.match(ids[0] ?? '', /^[0-9a-f]{32}$/);
  assert.deepEqual(await readdir(path), ['btr-drop']);
});

test('folder: asking for the id makes the folder, but not its parents', async (context) => {
  const path = await freshFolder(context);
  const id = await folderDropId(join(path, 'new'));
  assert.equal(await folderDropId(join(path, 'new')), id);
  await assert.rejects(folderDropId(join(path, 'x/y')), { code: 'folder-missing', kind: 'drop' });
});

test('folder: a folder that is gone, or another one, is refused and found by the check', async (context) => {
  const path = await freshFolder(context);
  const gone = openDrop(context, join(path, 'not-there'), 'a');
  await assert.rejects(gone.leave([{ to: 'b', body: 'x' }]), { code: 'folder-missing' });
  assert.deepEqual(await readdir(path), []);
  assert.deepEqual(
    (await gone.check()).map((finding) => finding.ok),
    [false],
  );
  const id = await folderDropId(path);
  const unmounted = join(path, 'mount-point');
  await mkdir(unmounted);
  const another = openDrop(context, unmounted, 'a', { id });
  await assert.rejects(another.leave([{ to: 'b', body: 'x' }]), { code: 'folder-another' });
  assert.deepEqual(await readdir(unmounted), []);
  assert.ok((await another.check()).some((finding) => !finding.ok));
});

test('folder: a drop works as soon as its folder is there again', async (context) => {
  const path = await freshFolder(context);
  const id = await folderDropId(path);
  const a = openDrop(context, path, 'a', { id });
  await rename(path, `${path}-away`);
  await assert.rejects(a.leave([{ to: 'b', body: 'x' }]), { code: 'folder-missing' });
  await rename(`${path}-away`, path);
  await a.leave([{ to: 'b', body: 'y' }]);
  assert.deepEqual(await collectNow(openDrop(context, path, 'b', { id })), ['y']);
});

test('folder: a layout of another version and a damaged marker are told', async (context) => {
  const path = await freshFolder(context);
  await writeFile(join(path, 'btr-drop'), 'x\nlayout 2\nid 00112233445566778899aabbccddeeff\n');
  await assert.rejects(folderDropId(path), { code: 'folder-layout', retryable: false });
  await writeFile(join(path, 'btr-drop'), 'x\nlayout 1\nid 0011');
  await assert.rejects(folderDropId(path), { code: 'folder-layout', retryable: true });
  assert.ok((await openDrop(context, path, 'a').check()).some((finding) => finding.what === 'layout' && !finding.ok));
});

test('folder: files of other programs are left alone', async (context) => {
  const path = await freshFolder(context);
  const [a, b] = [openDrop(context, path, 'a'), openDrop(context, path, 'b')];
  const left = bodies(2);
  await leaveAll(a, 'a', left);
  const [first = ''] = await readdir(join(path, 'a-to-b/new'));
  const foreign = ['.DS_Store', `${first}~`, `.syncthing.${first}.tmp`, `${first.slice(0, -7)} (1).letter`];
  for (const name of foreign) await writeFile(join(path, 'a-to-b/new', name), 'x');
  await writeFile(join(path, 'a-to-b/cur', 'thumbs.db'), 'x');
  assert.deepEqual(await collectNow(b), left);
  assert.deepEqual((await readdir(join(path, 'a-to-b/new'))).sort(), foreign.sort());
});

test('folder: a letter that has not arrived as a whole waits, without holding up the others', async (context) => {
  const path = await freshFolder(context);
  const b = openDrop(context, path, 'b', { poll: 20 });
  await collectNow(b);
  const namer = new LetterNamer('0123456789ab', 0);
  const [early, whole] = ['the first letter', 'the second letter'].map(Buffer.from);
  assert.ok(early && whole);
  const late = join(path, 'a-to-b/new', namer.next(1, early));
  await writeFile(late, early.subarray(0, 5));
  await writeFile(join(path, 'a-to-b/new', namer.next(2, whole)), whole);
  assert.deepEqual(await collectNow(b), ['the second letter']);
  await writeFile(late, early);
  assert.deepEqual(await collectDone(b, 1), ['the first letter']);
});

test('folder: a letter that stays broken is shown in the end, so that the receiver can set it aside', async (context) => {
  const path = await freshFolder(context);
  const b = openDrop(context, path, 'b');
  await collectNow(b);
  await b.close();
  const broken = join(path, 'a-to-b/new', new LetterNamer('0123456789ab', 0).next(1, Buffer.from('whole')));
  await writeFile(broken, 'who');
  // However long ago the machine it came from says that it was written.
  await utimes(broken, 1, 1);
  assert.deepEqual(await collectNow(openDrop(context, path, 'b')), []);
  const later = openDrop(context, path, 'b', { arrival: 0 });
  assert.deepEqual(await collectNow(later), ['who']);
  assert.deepEqual(await collectNow(later), []);
});

test('folder: links, folders and giants in place of letters neither block nor lead out', async (context) => {
  const path = await freshFolder(context);
  const [a, b] = [openDrop(context, path, 'a'), openDrop(context, path, 'b')];
  await collectNow(b);
  const namer = new LetterNamer('0123456789ab', 0);
  const secret = join(path, 'secret');
  await writeFile(secret, 'secret');
  const odd = [1, 2, 3, 4].map((now) => join(path, 'a-to-b/new', namer.next(now, Buffer.from('x'))));
  await symlink(secret, odd[0] ?? '');
  await symlink(join(path, 'nowhere'), odd[1] ?? '');
  await mkdir(odd[2] ?? '');
  await writeFile(odd[3] ?? '', Buffer.alloc(2 * 1024 * 1024));
  const left = bodies(1);
  await leaveAll(a, 'a', left);
  assert.deepEqual(await collectNow(b), left);
});

test('folder: letters held elsewhere stay there while their collector shows signs of life', async (context) => {
  const path = await freshFolder(context);
  const [a, b] = [openDrop(context, path, 'a'), openDrop(context, path, 'b')];
  const left = bodies(3);
  await leaveAll(a, 'a', left);
  await holdElsewhere(path, 30);
  await leaveAll(a, 'a', bodies(1));
  // The new letter isn't shown either: it would overtake those three.
  assert.deepEqual(await collectNow(b), []);
});

test('folder: letters held by a collector that is gone come back in their order', async (context) => {
  const path = await freshFolder(context);
  const [a, b] = [openDrop(context, path, 'a'), openDrop(context, path, 'b')];
  const left = bodies(4);
  await leaveAll(a, 'a', left.slice(0, 3));
  await holdElsewhere(path, 61);
  await leaveAll(a, 'a', left.slice(3));
  assert.deepEqual(await collectNow(b), left);
  assert.deepEqual(await readdir(join(path, 'a-to-b/leases')), []);
});

test('folder: settling still works after the lease ran out', async (context) => {
  const path = await freshFolder(context);
  const [a, b] = [openDrop(context, path, 'a'), openDrop(context, path, 'b')];
  await leaveAll(a, 'a', bodies(1));
  const iterator = b.collect({ wait: true })[Symbol.asyncIterator]();
  const [delivery] = await nextBatch(iterator);
  const [claim = ''] = await readdir(join(path, 'a-to-b/cur'));
  const letter = claim.slice(0, claim.lastIndexOf('.'));
  await rename(join(path, 'a-to-b/cur', claim), join(path, 'a-to-b/new', letter));
  await delivery?.done();
  await iterator.return?.();
  assert.deepEqual(await collectNow(b), []);
});

test('folder: a sender whose clock was set back still leaves after what waits', async (context) => {
  const path = await freshFolder(context);
  const left = bodies(4);
  await leaveAll(openDrop(context, path, 'a', { now: () => 2_000_000 }), 'a', left.slice(0, 2));
  await leaveAll(openDrop(context, path, 'a', { now: () => 1_000_000 }), 'a', left.slice(2));
  assert.deepEqual(await collectNow(openDrop(context, path, 'b')), left);
});

test('folder: what a sender that died left unfinished is removed after a day', async (context) => {
  const path = await freshFolder(context);
  const a = openDrop(context, path, 'a');
  await a.leave([]);
  const namer = new LetterNamer('0123456789ab', 0);
  const [old, recent] = [1, 2].map((now) => namer.next(now, Buffer.from('x')));
  for (const name of [old, recent]) await writeFile(join(path, 'a-to-b/tmp', name ?? ''), 'x');
  await utimes(join(path, 'a-to-b/tmp', old ?? ''), 1, 1);
  await leaveAll(openDrop(context, path, 'a'), 'a', bodies(1));
  assert.deepEqual(await readdir(join(path, 'a-to-b/tmp')), [recent]);
});

const posix = { skip: process.platform === 'win32' ? 'Windows has no such permission bits' : false };

test('folder: everything is for its owner alone in a folder of one account', posix, async (context) => {
  const path = await freshFolder(context);
  await chmod(path, 0o755);
  await leaveAll(openDrop(context, path, 'a'), 'a', bodies(1));
  const [letter = ''] = await readdir(join(path, 'a-to-b/new'));
  assert.equal((await stat(join(path, 'a-to-b/new'))).mode & 0o777, 0o700);
  assert.equal((await stat(join(path, 'a-to-b/new', letter))).mode & 0o777, 0o600);
  assert.equal((await stat(join(path, 'btr-drop'))).mode & 0o777, 0o600);
});

test(
  'folder: a folder that its group may write is shared with the group, whatever the umask',
  posix,
  async (context) => {
    const path = await freshFolder(context);
    await chmod(path, 0o2770);
    await leaveAll(openDrop(context, path, 'a'), 'a', bodies(1));
    const [letter = ''] = await readdir(join(path, 'a-to-b/new'));
    assert.equal((await stat(join(path, 'a-to-b/new'))).mode & 0o7777, 0o2770);
    assert.equal((await stat(join(path, 'a-to-b/new', letter))).mode & 0o777, 0o660);
    assert.equal((await stat(join(path, 'btr-drop'))).mode & 0o777, 0o660);
  },
);

const unprivileged = { skip: process.getuid?.() === 0 ? 'root may write everywhere' : posix.skip };

test('folder: a folder that may not be written is told', unprivileged, async (context) => {
  const path = await freshFolder(context);
  await chmod(path, 0o500);
  await assert.rejects(folderDropId(path), { code: 'folder-denied', exitCode: 4 });
  await chmod(path, 0o700);
});

test('folder: every fault of the file system is told in plain words with the next step', () => {
  const codes = ['ENOENT', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT', 'EROFS', 'ENOTDIR', 'EFBIG', 'EIO', 'EMFILE', 'EXYZ'];
  for (const code of codes) {
    const error = folderError(Object.assign(new Error('raw'), { code }), '/some/folder');
    assert.ok(error instanceof Error && 'hint' in error && 'exitCode' in error);
    assert.match(error.message, /^The folder \/some\/folder .+\.$/);
    assert.ok(typeof error.hint === 'string' && error.hint !== '');
    assert.equal(error.exitCode, 4);
  }
  const bug = new TypeError('a bug');
  assert.equal(folderError(bug, '/some/folder'), bug);
});

test('folder: a file in place of the folder is told', async (context) => {
  const path = await freshFolder(context);
  const file = join(path, 'file');
  await writeFile(file, 'x');
  await assert.rejects(folderDropId(file), { code: 'folder-not-a-folder' });
  await assert.rejects(openDrop(context, file, 'a').leave([]), { code: 'folder-not-a-folder' });
  assert.equal((await openDrop(context, file, 'a').check())[0]?.ok, false);
});

test('folder: a wrong clock and two ids are found by the check', async (context) => {
  const path = await freshFolder(context);
  const clock = openDrop(context, path, 'a', { now: () => Date.now() + 3_600_000 });
  await clock.leave([]);
  assert.deepEqual(
    (await clock.check()).filter((finding) => !finding.ok).map((finding) => finding.what),
    ['clock'],
  );
  await writeFile(join(path, 'btr-drop.sync-conflict-20261104-101530-ABCDEFG'), 'x');
  const copied = await openDrop(context, path, 'a').check();
  assert.deepEqual(
    copied.filter((finding) => !finding.ok).map((finding) => finding.what),
    ['layout'],
  );
  await rm(join(path, 'btr-drop.sync-conflict-20261104-101530-ABCDEFG'));
});

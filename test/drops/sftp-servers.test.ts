/** The sftp drop at servers that are full, read-only, closed to all else, or know the bare protocol alone. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, rmdir, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { settleSftp } from '../../client/drops/sftp/sftp-drop.ts';
import {
  bodies,
  collectNow,
  digest,
  freshKey,
  leaveAll,
  parcelOf,
  parcelsOf,
  putParcel,
  readRange,
} from '../contract/tools.ts';
import { BareSftpServer } from '../tools/bare-sftp-server.ts';
import { withoutSshd } from '../tools/sshd.ts';
import { freshPlace, needsSshd, openDrop, startSshd } from './sftp-tools.ts';

const isRoot = process.getuid?.() === 0;
const needsRoot = { skip: withoutSshd || (isRoot ? false : 'only root may mount, and chroot') };

/** A small file system of its own. Undefined where this machine lets nobody mount one. */
async function mounted(context: TestContext, options: string): Promise<string | undefined> {
  const path = await mkdtemp(join(tmpdir(), 'btr-mount-'));
  try {
    await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', `mode=0700,${options}`, 'tmpfs', path]);
  } catch {
    await rmdir(path);
    return undefined;
  }
  context.after(async () => {
    // Lazily: what has it open may end after this.
    await promisify(execFile)('umount', ['-l', path]);
    await rmdir(path);
  });
  return path;
}

test(
  'sftp: a full disk is told, nothing is left half written, and it goes on with room',
  needsRoot,
  async (context) => {
    const sshd = await startSshd(context);
    const path = await mounted(context, 'size=2m');
    if (path === undefined) return context.skip('this machine lets nobody mount');
    const settled = await settleSftp(sshd.address(path));
    const [a, b] = [openDrop(context, settled, 'a'), openDrop(context, settled, 'b')];
    const left = bodies(2);
    await leaveAll(a, 'a', left);
    const { bavail, bsize } = await statfs(path);
    await writeFile(join(path, 'ballast'), Buffer.alloc(bavail * bsize));
    const full = { kind: 'drop', code: 'folder-full', exitCode: 4 };
    await assert.rejects(a.leave([{ to: 'b', body: 'x' }]), full);
    const store = parcelsOf(a);
    await assert.rejects(putParcel(store, freshKey('a'), parcelOf(store, 0, 1_000)), full);
    assert.deepEqual(await readdir(join(path, 'a-to-b/tmp')), []);
    assert.deepEqual(await collectNow(b), left);
    await rm(join(path, 'ballast'));
    await leaveAll(a, 'a', left);
    assert.deepEqual(await collectNow(b), left);
  },
);

test('sftp: a disk that is mounted read-only is told', needsRoot, async (context) => {
  const sshd = await startSshd(context);
  const path = await mounted(context, 'ro');
  if (path === undefined) return context.skip('this machine lets nobody mount');
  await assert.rejects(settleSftp(sshd.address(path)), { kind: 'drop', code: 'folder-read-only', exitCode: 4 });
});

test('sftp: an account that may do nothing but SFTP, in a folder of its own, is enough', needsRoot, async (context) => {
  // Each folder on the way must be root's alone, which the one for temporary files is not.
  const path = await mkdtemp('/var/lib/btr-chroot-');
  context.after(() => rm(path, { recursive: true }));
  const settings = ['ForceCommand internal-sftp', `ChrootDirectory ${path}`, 'DisableForwarding yes', 'PermitTTY no'];
  const sshd = await startSshd(context, settings);
  const settled = await settleSftp(sshd.address('/drop'));
  const [a, b] = [openDrop(context, settled, 'a'), openDrop(context, settled, 'b')];
  const left = bodies(3);
  await leaveAll(a, 'a', left);
  assert.deepEqual(await collectNow(b), left);
  const store = parcelsOf(a);
  await putParcel(store, freshKey('a'), parcelOf(store, 1, 1_000));
  assert.ok((await a.check()).every(({ ok }) => ok));
  assert.deepEqual(await readdir(path), ['drop']);
});

test('sftp: a server without extensions, and with short answers, does', needsSshd, async (context) => {
  const sshd = await startSshd(context);
  const bare = await BareSftpServer.start(join(sshd.folder, 'host'));
  context.after(() => bare[Symbol.asyncDispose]());
  const { path, address } = await freshPlace(sshd);
  const settled = await settleSftp({ ...address, port: bare.port });
  assert.equal((await settleSftp({ ...address, port: bare.port })).id, settled.id);
  const [a, b] = [openDrop(context, settled, 'a'), openDrop(context, settled, 'b')];
  const left = bodies(30, 20_000);
  await leaveAll(a, 'a', left);
  assert.deepEqual(await collectNow(b), left);
  const key = freshKey('a');
  const parcel = parcelOf(parcelsOf(a), 1, 1_000);
  await putParcel(parcelsOf(a), key, parcel);
  assert.equal(digest(await readRange(parcelsOf(b), key, 0, parcel.bytes.length)), digest(parcel.bytes));
  assert.ok((await a.check()).every(({ ok }) => ok));
  assert.deepEqual(await readdir(join(path, 'a-to-b/cur')), []);
});

/** What is particular to a drop over SFTP; what every drop does is in test/contract. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { formatClaim, formatHolder, LetterNamer } from '../../client/drops/maildir/layout.ts';
import { sftpKind } from '../../client/drops/sftp/kind.ts';
import { settleSftp } from '../../client/drops/sftp/sftp-drop.ts';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';
import {
  bodies,
  collectDone,
  collectNow,
  digest,
  freshKey,
  leaveAll,
  parcelOf,
  parcelsOf,
  putParcel,
  readRange,
} from '../contract/tools.ts';
import { Relay } from '../tools/relay.ts';
import { makeKey, type Sshd } from '../tools/sshd.ts';
import { freshPlace, needsSshd, openDrop, startSshd } from './sftp-tools.ts';

const letter = [{ to: 'b', body: 'x' }] as const;

/** For this test alone. */
function setAgent(context: TestContext, socket: string | undefined): void {
  const before = process.env.SSH_AUTH_SOCK;
  const put = (value: string | undefined) => {
    if (value === undefined) delete process.env.SSH_AUTH_SOCK;
    else process.env.SSH_AUTH_SOCK = value;
  };
  put(socket);
  context.after(() => put(before));
}

async function relayTo(context: TestContext, sshd: Sshd): Promise<Relay> {
  const relay = await Relay.start(sshd.port);
  context.after(() => relay[Symbol.asyncDispose]());
  return relay;
}

test("sftp: the host's key is pinned at the first visit, and another one is refused", needsSshd, async (context) => {
  const sshd = await startSshd(context);
  const { path, address } = await freshPlace(sshd);
  const settled = await settleSftp(address);
  assert.equal(settled.hostKey, sshd.hostKey);
  await sshd.restartWithAnotherKey();
  const drop = openDrop(context, settled, 'a');
  const changed = { kind: 'security', code: 'host-key-changed', exitCode: 5 };
  await assert.rejects(drop.leave(letter), changed);
  await assert.rejects(settleSftp(settled), changed);
  const [finding] = await drop.check();
  assert.ok(finding?.ok === false && /another host key/.test(finding.text) && /set up anew/.test(finding.text));
  assert.deepEqual(await readdir(path), ['btr-drop']);
});

test(
  'sftp: a key with a passphrase is used through the agent, and alone it is told how',
  needsSshd,
  async (context) => {
    const sshd = await startSshd(context);
    const { address } = await freshPlace(sshd);
    const locked = join(sshd.folder, 'locked');
    await makeKey(locked, 'secret words');
    setAgent(context, undefined);
    const withLocked = { ...address, identityFile: locked };
    await assert.rejects(settleSftp(withLocked), { kind: 'setup', code: 'no-ssh-key', hint: /ssh-add .*locked/ });

    const socket = join(sshd.folder, 'agent');
    const agent = execFile('ssh-agent', ['-D', '-a', socket]);
    context.after(() => agent.kill());
    setAgent(context, socket);
    await addToAgent(socket, sshd.keyFile);
    assert.equal((await settleSftp(withLocked)).hostKey, sshd.hostKey);
  },
);

/** Once it listens. */
async function addToAgent(socket: string, keyFile: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await promisify(execFile)('ssh-add', ['-q', keyFile], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

test('sftp: keys and users that are not let in are told, with what was tried', needsSshd, async (context) => {
  const sshd = await startSshd(context);
  const { address } = await freshPlace(sshd);
  setAgent(context, join(sshd.folder, 'no-agent'));
  const other = join(sshd.folder, 'other');
  await makeKey(other);
  const denied = { kind: 'drop', code: 'sftp-denied', exitCode: 4, retryable: false, hint: /authorized_keys/ };
  await assert.rejects(settleSftp({ ...address, identityFile: other }), { ...denied, message: /tried: .*other/ });
  await assert.rejects(settleSftp({ ...address, user: 'nobody-of-that-name' }), denied);
  const noKey = { kind: 'setup', code: 'no-ssh-key', exitCode: 3 };
  await assert.rejects(settleSftp({ ...address, identityFile: join(sshd.folder, 'missing') }), noKey);
  await assert.rejects(settleSftp({ ...address, identityFile: `${other}.pub` }), noKey);
});

test('sftp: a path, a folder and a drop that are not there are told apart', needsSshd, async (context) => {
  const sshd = await startSshd(context);
  const { path, address } = await freshPlace(sshd);
  const missing = { kind: 'drop', code: 'folder-missing', message: /sftp:\/\/.*is not there/ };
  await assert.rejects(settleSftp({ ...address, path: join(path, 'x/y') }), missing);
  const made = await settleSftp({ ...address, path: join(path, 'x') });
  await rm(join(path, 'x'), { recursive: true });
  await assert.rejects(openDrop(context, made, 'a').leave(letter), missing);
  await mkdir(join(path, 'x'));
  await assert.rejects(openDrop(context, made, 'a').leave(letter), { code: 'folder-another' });
  assert.deepEqual(await readdir(join(path, 'x')), []);
  await writeFile(join(path, 'file'), '');
  await assert.rejects(settleSftp({ ...address, path: join(path, 'file') }), { kind: 'drop' });
});

test('sftp: a server that is gone is told, and used again once it is back', needsSshd, async (context) => {
  const sshd = await startSshd(context);
  const relay = await relayTo(context, sshd);
  const { address } = await freshPlace(sshd);
  const settled = { ...(await settleSftp(address)), port: relay.port };
  const [a, b] = [openDrop(context, settled, 'a'), openDrop(context, settled, 'b')];
  await a.leave(letter);
  const port = relay.port;
  await relay[Symbol.asyncDispose]();
  await assert.rejects(a.leave(letter), { kind: 'drop', exitCode: 4, retryable: true });
  await assert.rejects(a.leave(letter), { kind: 'drop', retryable: true, message: new RegExp(`${port}`) });
  const back = await Relay.start(sshd.port, port);
  context.after(() => back[Symbol.asyncDispose]());
  await a.leave([{ to: 'b', body: 'y' }]);
  assert.deepEqual(await collectNow(b), ['x', 'y']);
});

test('sftp: an upload goes on after the connection was cut', needsSshd, async (context) => {
  const sshd = await startSshd(context);
  const relay = await relayTo(context, sshd);
  const { address } = await freshPlace(sshd);
  const settled = { ...(await settleSftp(address)), port: relay.port };
  const store = parcelsOf(openDrop(context, settled, 'a'));
  const key = freshKey('a');
  const parcel = parcelOf(store, 2, 5_000);
  const ticket = await store.create(key);
  const receipts: string[] = [];
  for (const part of parcel.parts) {
    relay.cut();
    // What is noticed too late to connect anew is told as something to try again.
    const put = () => store.putPart(key, ticket, part);
    receipts.push(await put().catch((error: unknown) => again(error, put)));
  }
  await store.complete(key, ticket, receipts);
  const theirs = parcelsOf(openDrop(context, settled, 'b'));
  assert.equal(digest(await readRange(theirs, key, 0, parcel.bytes.length)), digest(parcel.bytes));
});

async function again<T>(error: unknown, call: () => Promise<T>): Promise<T> {
  assert.ok(error instanceof Error && 'retryable' in error && error.retryable, String(error));
  return call();
}

test('sftp: a call to a server that falls silent ends on its signal', needsSshd, async (context) => {
  const sshd = await startSshd(context);
  const relay = await relayTo(context, sshd);
  const { address } = await freshPlace(sshd);
  const drop = openDrop(context, { ...(await settleSftp(address)), port: relay.port }, 'a');
  await drop.leave(letter);
  relay.stop();
  const enough = new AbortController();
  const left = drop.leave(letter, { signal: enough.signal });
  const collected = drop.collect({ wait: false, signal: enough.signal })[Symbol.asyncIterator]().next();
  enough.abort(new Error('enough'));
  await assert.rejects(left, /enough/);
  await assert.rejects(collected, /enough/);
});

test('sftp: a server that only reads, and one without the subsystem, are told', needsSshd, async (context) => {
  const reading = await startSshd(context, ['Subsystem sftp internal-sftp -R']);
  const place = await freshPlace(reading);
  await assert.rejects(settleSftp(place.address), { kind: 'drop', code: 'folder-denied', exitCode: 4 });
  const without = await startSshd(context, ['Subsystem sftp /nowhere/at/all']);
  const other = await freshPlace(without);
  await assert.rejects(settleSftp(other.address), { kind: 'drop', code: 'sftp-no-subsystem', hint: /internal-sftp/ });
});

test('sftp: letters of a collector that is gone come back to one that waits', needsSshd, async (context) => {
  const sshd = await startSshd(context);
  const { path, address } = await freshPlace(sshd);
  const settled = await settleSftp(address);
  const [a, b] = [openDrop(context, settled, 'a'), openDrop(context, settled, 'b')];
  const left = bodies(2);
  await leaveAll(a, 'a', left);
  const collected = collectDone(b, 3);
  const elsewhere = formatHolder({ random: '0123456789ab', host: '000000000000', pid: 1 });
  const body = Buffer.from('held elsewhere');
  // With no lease, its holder is gone.
  const claim = formatClaim(new LetterNamer('0123456789ab', 0).next(1, body), elsewhere);
  await writeFile(join(path, 'a-to-b/cur', claim), body);
  assert.deepEqual((await collected).sort(), [...left, 'held elsewhere'].sort());
});

test('sftp: what stayed past its time is removed by hand', needsSshd, async (context) => {
  const sshd = await startSshd(context);
  const { path, address } = await freshPlace(sshd);
  const settled = await settleSftp(address);
  const [a, b] = [openDrop(context, settled, 'a'), openDrop(context, settled, 'b')];
  const key = formatParcelKey('a', Date.now() - 3 * 3_600_000, Buffer.alloc(16, 1));
  const kept = freshKey('a');
  await putParcel(parcelsOf(a), kept, parcelOf(parcelsOf(a), 0, 100));
  await mkdir(dirname(join(path, 'parcels', key)));
  await writeFile(join(path, 'parcels', key), 'x');
  const report = await sftpKind.expire?.({ ...settled }, { now: Date.now() });
  assert.deepEqual(report, { removed: 1, aborted: 0, failed: 0, finished: true });
  await assert.rejects(readRange(parcelsOf(b), key, 0, 1), { code: 'no-such-parcel' });
  assert.equal((await readRange(parcelsOf(b), kept, 0, 100)).length, 100);
});

test('sftp: links, folders and giants in place of files neither block nor lead out', needsSshd, async (context) => {
  const sshd = await startSshd(context);
  const { path, address } = await freshPlace(sshd);
  const settled = await settleSftp(address);
  const [a, b] = [openDrop(context, settled, 'a'), openDrop(context, settled, 'b')];
  await collectNow(b);
  const victim = join(path, 'victim');
  await writeFile(victim, 'precious');
  const namer = new LetterNamer('0123456789ab', 0);
  const odd = [1, 2, 3, 4].map((now) => join(path, 'a-to-b/new', namer.next(now, Buffer.from('precious'))));
  await symlink(victim, odd[0] ?? '');
  await symlink(join(path, 'nowhere'), odd[1] ?? '');
  await mkdir(odd[2] ?? '');
  await writeFile(odd[3] ?? '', Buffer.alloc(2 * 1024 * 1024));
  const left = bodies(1);
  await leaveAll(a, 'a', left);
  assert.deepEqual(await collectNow(b), left);

  const key = freshKey('a');
  const ticket = await parcelsOf(a).create(key);
  const part = join(path, 'parcels', `${key}.${ticket}.part`);
  await rm(part);
  await symlink(victim, part);
  const store = parcelsOf(openDrop(context, settled, 'a'));
  const bytes = { number: 1, offset: 0, pieces: [Buffer.from('gone')] };
  await assert.rejects(store.putPart(key, ticket, bytes), { kind: 'drop' });
  assert.equal(await readFile(victim, 'utf8'), 'precious');
});

/** btr unlock and btr lock, with the process that holds the key in between. */
import assert from 'node:assert/strict';
import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { keyPath } from '../../client/store/home.ts';
import { openKeyFile } from '../../client/store/key-file.ts';
import { agentOf, agentsFor, ended, given, isAlive, Locked, passphrase, without } from '../tools/at-rest.ts';
import { eventsOf } from '../tools/btr.ts';
import { Stage } from '../tools/stage.ts';

const skipWindows = process.platform === 'win32' && 'Windows has named pipes, and no file modes';
const skipProc = process.platform !== 'linux' && 'only Linux has /proc';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

describe('unlocking', { concurrency: 4 }, () => {
  test('for a while no passphrase is asked for, and btr lock ends it at once', async () => {
    await using person = await Locked.make(stage, 'short');
    await person.isLocked();
    const { pid } = await person.unlock();
    await person.isOpen();
    assert.ok(isAlive(pid));
    await person.expect(['lock'], 0, /^Locked\.$/m);
    await ended(pid);
    await person.isLocked();
    assert.deepEqual((await readdir(person.home)).sort(), ['btr.sqlite', 'key']);
    await person.expect(['lock'], 0, /^It was not unlocked: nothing to end\.$/m);
  });

  test('its events say until when, and whether there was something to lock', async () => {
    await using person = await Locked.make(stage, 'events');
    const start = Date.now();
    const [unlocked, ...rest] = eventsOf(
      (await person.run(['unlock', '--for', '2h', '--json'], { env: given })).stdout,
    );
    assert.deepEqual([unlocked?.event, unlocked?.path, rest], ['unlocked', person.home, []]);
    const until = Date.parse(String(unlocked?.until));
    assert.ok(until >= start + 7_200_000 && until <= Date.now() + 7_200_000, String(unlocked?.until));
    const locks = [await person.run(['lock', '--json']), await person.run(['lock', '--json'])];
    const events = locks.flatMap(({ stdout }) => eventsOf(stdout));
    assert.deepEqual(
      events,
      [true, false].map((wasUnlocked) => ({ event: 'locked', path: person.home, wasUnlocked })),
    );
  });

  test('when its time is over it ends by itself and leaves nothing', async () => {
    await using person = await Locked.make(stage, 'over');
    // It may be over before one could look who it is.
    await person.expect(['unlock', '--for', '1s'], 0, /^Unlocked until/, given);
    await without(person.home, /^agent/);
    await person.isLocked();
    if (process.platform === 'linux') for (const pid of await agentsFor(person.home)) await ended(pid);
    assert.deepEqual((await readdir(person.home)).sort(), ['btr.sqlite', 'key']);
  });

  test('said again it begins anew, with the passphrase; a wrong one changes nothing', async () => {
    await using person = await Locked.make(stage, 'again');
    const first = await person.unlock('--for', '1h');
    await person.expect(['unlock'], 3, /^btr: No passphrase was given/);
    await person.expect(['unlock'], 3, /^btr: The passphrase is wrong/, { BTR_PASSPHRASE: 'wrong' });
    assert.deepEqual(await agentOf(person.home), first);
    await person.isOpen();
    const second = await person.unlock('--for', '2h');
    assert.notEqual(second.pid, first.pid);
    await ended(first.pid);
    await person.isOpen();
  });

  test('a passphrase that is given counts, also where the home is unlocked', async () => {
    await using person = await Locked.make(stage, 'given');
    await person.unlock();
    await person.expect(['channel', 'list'], 3, /^btr: The passphrase is wrong/, { BTR_PASSPHRASE: 'wrong' });
    await person.isOpen();
  });

  test('where there is nothing to unlock, and for too long a time, it says so', async () => {
    await using person = await Locked.make(stage, 'limits');
    await person.expect(['unlock', '--for', '25h'], 2, /^btr: A home can be unlocked for 24 hours at most/, given);
    await person.expect(['unlock', '--for', 'ever'], 2, /^btr: "ever" is not a duration/, given);
    await person.isLocked();
    const open = stage.person('open');
    assert.equal((await open.run(['init', '--no-passphrase'])).code, 0);
    const { code, stderr } = await open.run(['unlock'], { env: given });
    assert.equal(code, 2);
    assert.match(stderr, /^btr: This home has no passphrase: there is nothing to unlock\.\n.*btr passphrase/);
    const nowhere = await stage.person('nowhere').run(['unlock'], { env: given });
    assert.equal(nowhere.code, 3);
    assert.match(nowhere.stderr, /^btr: There is no home here yet/);
    assert.equal((await stage.person('nowhere').run(['lock'])).code, 0);
  });

  test('the agent alone does nothing', async () => {
    await using person = await Locked.make(stage, 'alone');
    await person.expect(['agent'], 2, /^btr: This is what btr unlock runs/);
    const { code } = await person.run(['agent'], { input: Buffer.alloc(73, 1) });
    assert.equal(code, 2);
  });

  test('neither arguments, environment nor any file hold a secret, and there are no core dumps', {
    skip: skipProc,
  }, async () => {
    await using person = await Locked.make(stage, 'secrets');
    const { pid } = await person.unlock();
    const master = await openKeyFile(keyPath(person.home), passphrase);
    const secrets = [Buffer.from(passphrase), master];
    for (const form of ['hex', 'base64', 'base64url'] as const) secrets.push(Buffer.from(master.toString(form)));
    const places = [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`];
    const files = (await readdir(person.home)).filter((name) => !name.endsWith('.sock'));
    for (const path of [...places, ...files.map((name) => join(person.home, name))]) {
      const content = await readFile(path);
      for (const secret of secrets) assert.ok(!content.includes(secret), path);
    }
    assert.match(await readFile(`/proc/${pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m);
    assert.match(await readFile(`/proc/${pid}/cmdline`, 'latin1'), /agent/);
  });

  test("the socket is the owner's alone, and one that is not is not believed", { skip: skipWindows }, async () => {
    await using person = await Locked.make(stage, 'modes');
    const { address } = await person.unlock();
    assert.equal((await stat(address)).mode & 0o777, 0o600);
    assert.equal((await stat(dirname(address))).mode & 0o777, 0o700);
    await chmod(address, 0o660);
    await person.expect(['channel', 'list'], 5, /^btr: Something that others can reach stands where/);
    await person.expect(['channel', 'list'], 0, /^No channel yet/, given);
    await chmod(address, 0o600);
    await chmod(person.home, 0o750);
    await person.expect(['channel', 'list'], 5, /^btr: Something that others can reach stands where/);
    await chmod(person.home, 0o700);
    await person.expect(['lock'], 0, /^Locked/);
    await chmod(person.home, 0o755);
    await person.expect(['unlock'], 3, /^btr: The home is open to others\.\nchmod -R go= /, given);
  });

  test('another key file, or the same one put back, makes its answer void', { skip: skipWindows }, async () => {
    await using person = await Locked.make(stage, 'restored');
    const { pid } = await person.unlock();
    await cp(keyPath(person.home), stage.path('copy-of-key'));
    await rename(stage.path('copy-of-key'), keyPath(person.home));
    await person.isLocked();
    await ended(pid);
    await person.isLocked();
  });

  test('an agent that was killed counts as none, and one that nobody can find ends', async () => {
    await using person = await Locked.make(stage, 'killed');
    const first = await person.unlock();
    process.kill(first.pid, 'SIGKILL');
    await ended(first.pid);
    await person.isLocked();
    await person.expect(['lock'], 0, /^It was not unlocked/);
    const second = await person.unlock();
    process.kill(second.pid, 'SIGKILL');
    await ended(second.pid);
    const third = await person.unlock();
    await person.isOpen();
    await rm(join(person.home, 'agent'));
    await ended(third.pid);
    assert.deepEqual((await readdir(person.home)).sort(), ['btr.sqlite', 'key']);
  });

  test('a signal ends it, too', { skip: skipWindows }, async () => {
    await using person = await Locked.make(stage, 'signalled');
    const { pid } = await person.unlock();
    process.kill(pid, 'SIGTERM');
    await ended(pid);
    assert.deepEqual((await readdir(person.home)).sort(), ['btr.sqlite', 'key']);
    await person.isLocked();
  });

  test('an agent that stands still is named, and the passphrase opens all the same', {
    skip: skipWindows,
  }, async () => {
    await using person = await Locked.make(stage, 'still');
    const { pid } = await person.unlock();
    process.kill(pid, 'SIGSTOP');
    try {
      await person.expect(['channel', 'list'], 3, new RegExp(`does not answer\\.\\nLook at process ${pid} `));
      await person.expect(['channel', 'list'], 0, /^No channel yet/, given);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });

  test('where the path of the home is too long for a socket, it has a folder elsewhere', {
    skip: skipWindows,
  }, async () => {
    const runtime = stage.path('run');
    await mkdir(runtime, { mode: 0o700 });
    await using person = await Locked.make(stage, 'l'.repeat(120), { XDG_RUNTIME_DIR: runtime });
    const { address } = await person.unlock();
    assert.equal(dirname(dirname(address)), runtime);
    assert.equal((await stat(dirname(address))).mode & 0o777, 0o700);
    assert.equal((await stat(address)).mode & 0o777, 0o600);
    await person.isOpen();
    // Found again from wherever one asks.
    await person.expect(['channel', 'list'], 0, /^No channel yet/, { XDG_RUNTIME_DIR: '' });
    await person.expect(['lock'], 0, /^Locked/);
    assert.deepEqual(await readdir(runtime), []);
    await mkdir(dirname(address));
    await chmod(dirname(address), 0o755);
    await person.expect(['unlock'], 5, /^btr: Something that others can reach/, given);
    await person.isLocked();
  });

  test('of several at once one stays, and one lock ends it', { skip: skipProc }, async () => {
    await using person = await Locked.make(stage, 'several');
    const results = await Promise.all([1, 2, 3].map(() => person.run(['unlock'], { env: given })));
    for (const { code, stderr } of results) assert.equal(code, 0, stderr);
    await person.isOpen();
    await person.expect(['lock'], 0, /^Locked/);
    await person.isLocked();
    for (const pid of await agentsFor(person.home)) await ended(pid);
  });
});

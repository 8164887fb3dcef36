/** btr wipe --all: first the key, then the rest, with or without the passphrase. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { link, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { keyPath, storePath } from '../../client/store/home.ts';
import { agentOf, ended } from '../tools/at-rest.ts';
import { eventsOf } from '../tools/btr.ts';
import { noTerminal, Screen } from '../tools/screen.ts';
import { type Person, Stage } from '../tools/stage.ts';

const given = { BTR_PASSPHRASE: 'a-passphrase-for-tests' };
const skipWindows = process.platform === 'win32' && 'Windows has no such signal';
const all = ['wipe', '--all', '--yes'];

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

async function owner(name: string, locked = true): Promise<Person> {
  const person = stage.person(name);
  const args = locked ? [] : ['--no-passphrase'];
  assert.equal((await person.run(['init', ...args], { env: given })).code, 0);
  return person;
}

describe('wiping a home', { concurrency: 3 }, () => {
  test('a locked home is destroyed without its passphrase, its key overwritten', async () => {
    const person = await owner('locked');
    const key = await readFile(keyPath(person.home));
    await link(keyPath(person.home), stage.path('watched-key'));
    const { code, stdout, stderr } = await person.run([...all, '--json']);
    assert.equal(code, 0, stderr);
    assert.deepEqual(eventsOf(stdout), [{ event: 'wiped', path: person.home }]);
    assert.match(stderr, /is destroyed: first its key, then the rest\.\n.*SSD.*backups/);
    assert.equal(existsSync(person.home), false);
    const overwritten = await readFile(stage.path('watched-key'));
    assert.equal(overwritten.length, key.length);
    assert.ok(!overwritten.includes(key.subarray(0, 16)), 'its bytes are still on the disk');
    const gone = await person.run(['channel', 'list']);
    assert.match(gone.stderr, /^btr: There is no home here yet/);
    assert.equal((await person.run(all)).code, 3);
    assert.equal((await person.run(['init', '--no-passphrase'])).code, 0);
  });

  test('an unlocked one is locked first, and a home in use goes with its log', async () => {
    const { alice, bob } = await stage.folderPair();
    await using listening = alice.start(['listen']);
    await bob.run(['send', 'before the end']);
    await listening.untilText(/before the end/);
    assert.ok((await readdir(alice.home)).includes('btr.sqlite-wal'));
    assert.equal((await alice.run(all)).code, 0);
    assert.equal(existsSync(alice.home), false);

    const person = await owner('unlocked');
    assert.equal((await person.run(['unlock'], { env: given })).code, 0);
    const { pid } = await agentOf(person.home);
    assert.equal((await person.run(all)).code, 0);
    await ended(pid);
    assert.equal(existsSync(person.home), false);
  });

  test('an agent that stands still does not save the home, and is named', { skip: skipWindows }, async () => {
    const person = await owner('still');
    assert.equal((await person.run(['unlock'], { env: given })).code, 0);
    const { pid } = await agentOf(person.home);
    process.kill(pid, 'SIGSTOP');
    try {
      const { code, stderr } = await person.run(all);
      assert.equal(code, 3);
      assert.match(stderr, new RegExp(`^btr: The process that holds the unlocked key .*\\nLook at process ${pid} `));
      assert.equal(existsSync(person.home), false);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await ended(pid);
  });

  test('files that are not of btr stay, and so does the folder around them', async () => {
    const person = await owner('others', false);
    await writeFile(`${person.home}/letter.txt`, 'mine');
    await mkdir(`${person.home}/pictures`);
    await writeFile(`${keyPath(person.home)}.new`, 'left by a killed process');
    await link(`${keyPath(person.home)}.new`, stage.path('watched-rest'));
    const { code, stderr } = await person.run(all);
    assert.equal(code, 0);
    assert.match(stderr, /^Left in the folder, since it is not of btr: letter\.txt, pictures$/m);
    assert.deepEqual((await readdir(person.home)).sort(), ['letter.txt', 'pictures']);
    assert.ok(!(await readFile(stage.path('watched-rest'), 'latin1')).includes('killed'));
  });

  test('a damaged home is destroyed, a folder that is none is not touched', async () => {
    const person = await owner('damaged', false);
    await writeFile(keyPath(person.home), 'no key');
    await writeFile(storePath(person.home), 'no store');
    assert.equal((await person.run(all)).code, 0);
    assert.equal(existsSync(person.home), false);

    const other = stage.person('folder');
    await mkdir(other.home);
    await writeFile(`${other.home}/agent`, '1 /nowhere\n');
    const { code, stderr } = await other.run(all);
    assert.equal(code, 3);
    assert.match(stderr, /^btr: There is no home here yet/);
    assert.deepEqual(await readdir(other.home), ['agent']);
  });

  test('without a yes it does nothing, and it takes a channel or --all', async () => {
    const person = await owner('asked', false);
    for (const [args, pattern] of [
      [['wipe', '--all'], /^btr: This wants a yes\.\n.*--yes/],
      [['wipe', '--yes'], /^btr: Wipe the history of one channel, or everything\?/],
      [['wipe', 'bob', '--all', '--yes'], /^btr: Wipe the history of one channel, or everything\?/],
    ] as const) {
      const { code, stderr } = await person.run(args);
      assert.equal(code, 2);
      assert.match(stderr, pattern);
    }
    assert.deepEqual((await readdir(person.home)).sort(), ['btr.sqlite', 'key']);
  });

  test('on a terminal the word itself has to be typed', { skip: noTerminal }, async () => {
    const person = await owner('typed', false);
    await using no = await Screen.open(person, ['wipe', '--all']);
    await no.until(/Type wipe to do it:$/m);
    await no.enter('y');
    await no.until(/Nothing was changed(.*\n)+\[exit 2\]/);
    assert.ok(existsSync(keyPath(person.home)));
    await using yes = await Screen.open(person, ['wipe', '--all']);
    await yes.until(/Type wipe to do it:$/m);
    await yes.enter('wipe');
    await yes.until(/\[exit 0\]/);
    assert.equal(existsSync(person.home), false);
  });
});

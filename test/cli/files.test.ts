/** Files from the command line: sent in several ways, fetched, streamed, burned, recalled, oddly named. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eventsOf, type JsonEvent } from '../tools/btr.ts';
import { type Person, Stage } from '../tools/stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

/** A folder of this test's own with files in it. */
async function files(name: string, contents: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const folder = stage.path(name);
  for (const [path, content] of Object.entries(contents)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

/** What `btr listen --once --json` tells of files. */
async function heard(person: Person, ...args: string[]): Promise<JsonEvent[]> {
  const { code, stdout, stderr } = await person.run(['listen', '--once', '--json', ...args]);
  assert.equal(code, 0, stderr);
  return eventsOf(stdout).filter(({ event }) => event === 'file');
}

// Processes wait for one another most of the time, so several tests go side by side.
describe('files', { concurrency: 2 }, () => {
  test('several files and a text go in one command, and --files fetches each under a free name', async () => {
    const { alice, bob } = await stage.folderPair();
    const big = randomBytes(3_000_001);
    const cwd = await files('several', { 'one.txt': 'first', 'two.bin': big, 'none.txt': '', 'sub/one.txt': 'second' });
    const args = ['bob', 'four', 'files', '--file', 'one.txt', '--file', 'two.bin', '--file', 'none.txt'];
    const sent = await alice.run(['send', ...args, '--file', 'sub/one.txt', '--json'], { cwd });
    assert.equal(sent.code, 0, sent.stderr);
    const queued = eventsOf(sent.stdout).filter(({ file }) => file !== undefined);
    assert.deepEqual(
      queued.map(({ file, size }) => [file, size]),
      [
        ['one.txt', 5],
        ['two.bin', big.length],
        ['none.txt', 0],
        ['one.txt', 6],
      ],
    );
    const progress = eventsOf(sent.stdout).filter(({ event, id }) => event === 'progress' && id === 'two.bin');
    assert.deepEqual(progress.at(-1), { event: 'progress', id: 'two.bin', done: big.length, total: big.length });

    const inbox = stage.path('several-inbox');
    const got = await heard(bob, '--files', inbox);
    assert.deepEqual(
      got.map(({ path }) => path),
      ['one.txt', 'two.bin', 'none.txt', 'one (1).txt'].map((name) => join(inbox, name)),
    );
    assert.deepEqual(
      got.map(({ id }) => id),
      queued.map(({ id }) => id),
    );
    assert.ok(big.equals(await readFile(join(inbox, 'two.bin'))));
    assert.equal(await readFile(join(inbox, 'one (1).txt'), 'utf8'), 'second');
    assert.deepEqual((await readdir(inbox)).length, 4, 'nothing half written is left');
  });

  test('get takes a folder, a free path or stdout; a path that is taken is never overwritten', async () => {
    const { alice, bob } = await stage.folderPair();
    const content = randomBytes(2_500_000);
    const cwd = await files('get', { 'a.bin': content, taken: 'mine', 'into/keep': '' });
    await alice.run(['send', '--file', 'a.bin'], { cwd });
    const [file] = await heard(bob);
    const id = String(file?.id).slice(0, 8);
    assert.equal(file?.path, null);

    const here = await bob.run(['get', id, '--json'], { cwd });
    assert.deepEqual(eventsOf(here.stdout).at(-1), { event: 'saved', id, path: join(cwd, 'a (1).bin') });
    assert.equal((await bob.run(['get', id, '--out', 'into'], { cwd })).stdout, `${join(cwd, 'into', 'a.bin')}\n`);
    assert.equal((await bob.run(['get', id, '--out', 'new.bin'], { cwd })).code, 0);
    const taken = await bob.run(['get', id, '--out', 'taken'], { cwd });
    assert.notEqual(taken.code, 0);
    assert.match(taken.stderr, /taken/);
    assert.equal(await readFile(join(cwd, 'taken'), 'utf8'), 'mine');
    for (const name of ['a (1).bin', 'into/a.bin', 'new.bin'])
      assert.ok(content.equals(await readFile(join(cwd, name))));

    const out = stage.path('stdout.bin');
    const live = bob.start(['get', id, '--out', '-', '--json'], { cwd });
    live.child.stdout.setEncoding('latin1');
    const { stdout, code } = await live.ended;
    assert.equal(code, 0);
    await writeFile(out, Buffer.from(stdout, 'latin1'));
    assert.ok(content.equals(await readFile(out)), 'stdout carries the file and nothing else');
  });

  test('a folder goes as one and keeps its tree; what is no file in it is said and left out', async () => {
    const { alice, bob } = await stage.folderPair();
    const cwd = await files('trees', { 'notes/a.txt': 'a', 'notes/deep/b.txt': 'b', 'notes/ünï 你.txt': 'c' });
    await mkdir(join(cwd, 'notes/empty'));
    const sent = await alice.run(['send', '--file', 'notes/'], { cwd });
    assert.equal(sent.code, 0, sent.stderr);
    const inbox = stage.path('trees-inbox');
    const [got] = await heard(bob, '--files', inbox);
    assert.equal(got?.path, join(inbox, 'notes'));
    const tree = (await readdir(join(inbox, 'notes'), { recursive: true })).sort();
    assert.deepEqual(tree, ['a.txt', 'deep', 'deep/b.txt', 'empty', 'ünï 你.txt'].sort());
    assert.equal(await readFile(join(inbox, 'notes/deep/b.txt'), 'utf8'), 'b');
  });

  test('stdin goes as a file, and text and file can be told apart', async () => {
    const { alice, bob } = await stage.folderPair();
    const content = randomBytes(1_500_000);
    const sent = await alice.run(['send', 'bob', 'see this', '--file', '-', '--burn'], { input: content });
    assert.equal(sent.code, 0, sent.stderr);
    const inbox = stage.path('stdin-inbox');
    const [got] = await heard(bob, '--files', inbox);
    assert.ok(content.equals(await readFile(String(got?.path))));
    const again = await bob.run(['get', String(got?.id)]);
    assert.equal(again.code, 4, 'it was burned');
    assert.match(again.stderr, /no longer|not in the drop|burned/);
  });

  test('--ttl ends a stay, --recall takes back, btr files tells of both sides', async () => {
    const { alice, bob } = await stage.folderPair();
    const cwd = await files('stay', { 'short.txt': 's', 'back.txt': 'b' });
    const sent = await alice.run(['send', '--file', 'short.txt', '--file', 'back.txt', '--ttl', '1h', '--json'], {
      cwd,
    });
    const [short, back] = eventsOf(sent.stdout).filter(({ file }) => file !== undefined);
    const stay = Date.parse(String(short?.expiresAt)) - Date.now();
    assert.ok(stay > 0 && stay <= 3_600_000, `${stay} ms`);
    await heard(bob);
    const recalled = await alice.run(['files', '--recall', String(back?.id).slice(0, 8), '--json']);
    assert.equal(recalled.code, 0, recalled.stderr);
    assert.match(recalled.stderr, /back\.txt is no longer in the drop/);
    await bob.run(['listen', '--once']);
    const gone = await bob.run(['get', String(back?.id).slice(0, 8)], { cwd });
    assert.equal(gone.code, 4);
    assert.match(gone.stderr, /taken this file back|recalled/);

    const listed = await bob.run(['files']);
    assert.match(listed.stdout, /short\.txt {2}\(received, until /);
    assert.match(listed.stdout, /back\.txt {2}\(received, recalled\)/);
    const [own] = eventsOf((await alice.run(['files', '--json'])).stdout);
    assert.deepEqual([own?.event, own?.outgoing, own?.channel], ['file-state', true, 'bob']);
    const foreign = await alice.run(['get', String(short?.id)], { cwd });
    assert.equal(foreign.code, 2);
    assert.match(foreign.stderr, /sent from here/);
    for (const id of ['zz', 'ffff', '']) {
      const { code, stderr } = await bob.run(['get', id]);
      assert.equal(code, 2);
      assert.match(stderr, /no file/);
    }
  });

  test('odd names are sent, and saved where they can do no harm', async () => {
    const { alice, bob } = await stage.folderPair();
    const long = `${'n'.repeat(251)}.txt`;
    const names = ['-rf', '.hidden', 'con.txt', 'rtl\u202egpj.exe', 'tab\tnew\nline', long, '~root', 'two  blanks '];
    const cwd = await files('odd', Object.fromEntries(names.map((name) => [`in/${name}`, name])));
    const flags = names.flatMap((name) => ['--file', `in/${name}`]);
    const sent = await alice.run(['send', ...flags], { cwd });
    assert.equal(sent.code, 0, sent.stderr);
    assert.ok(!sent.stderr.includes('\u202e'), 'a direction mark reached the terminal');
    const inbox = stage.path('odd-inbox');
    const got = await heard(bob, '--files', inbox);
    assert.deepEqual(
      got.map(({ name }) => name),
      names,
      'the sender called them so',
    );
    const saved = await readdir(inbox);
    assert.equal(saved.length, names.length);
    for (const name of saved) {
      assert.doesNotMatch(name, /^[-.~]|[\p{Cc}\u202e]|^con\.|\s$/u);
      assert.ok(Buffer.byteLength(name) <= 255);
    }
    for (const { path, name } of got) assert.equal(await readFile(String(path), 'utf8'), name);
  });

  test('what can not be sent or stored is said by its path', async () => {
    const { alice, bob } = await stage.folderPair();
    const cwd = await files('cannot', { 'a.txt': 'a' });
    const missing = await alice.run(['send', 'bob', 'text first', '--file', 'nowhere.txt'], { cwd });
    assert.equal(missing.code, 2, missing.stderr);
    assert.match(missing.stderr, /nowhere\.txt/);
    const device = await alice.run(['send', '--file', '/dev/null'], { cwd });
    assert.equal(device.code, 2, device.stderr);
    assert.deepEqual(await bob.listens(), ['text first'], 'the text stands for itself');
    await alice.run(['send', '--file', 'a.txt'], { cwd });
    const [file] = await heard(bob);
    const away = await bob.run(['get', String(file?.id), '--out', 'no/such/folder/a.txt'], { cwd });
    assert.notEqual(away.code, 0);
    assert.match(away.stderr, /no\/such\/folder/);
    assert.doesNotMatch(away.stderr, /\n\s+at /);
  });

  test('files go through a bucket as well, and a bucket that is missing is said', async () => {
    const { alice, bob, channel } = await stage.cloudPair();
    const content = randomBytes(12_000_000);
    const cwd = await files('bucket', { 'big.bin': content });
    const sent = await alice.run(['send', '--file', 'big.bin', '--burn'], { cwd });
    assert.equal(sent.code, 0, sent.stderr);
    const inbox = stage.path('bucket-inbox');
    const [got] = await heard(bob, '--files', inbox);
    assert.ok(content.equals(await readFile(String(got?.path))));

    const person = stage.person('no-bucket', (await stage.cloud()).env);
    await person.run(['init', '--no-passphrase']);
    const { queues } = channel;
    const drop = `aws:tx=${queues['a-to-b']},rx=${queues['b-to-a']},bucket=no-such-bucket-here`;
    const add = ['channel', 'add', 'bob', '--as', 'a', '--drop', drop, '--suite', 'fernet'];
    const added = await person.run(add, { env: { BTR_PIN: 'abcd' } });
    assert.equal(added.code, 0, 'the channel is made all the same');
    assert.match(added.stderr, /no-such-bucket-here/);
    const failed = await person.run(['send', '--file', 'big.bin'], { cwd });
    assert.equal(failed.code, 4);
    assert.match(failed.stderr, /bucket .*is not there/);
  });
});

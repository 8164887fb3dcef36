/** `btr listen`: its ends, its command for each message, and a home that is busy or has no room. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { eventsOf } from '../tools/btr.ts';
import { builtProgram } from '../tools/built.ts';
import { Stage } from '../tools/stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

const noPrlimit = spawnSync('prlimit', ['--version']).error !== undefined && 'prlimit (util-linux) is not there';

describe('listening', { concurrency: 3 }, () => {
  test('--once, --count and --timeout end it, with code 6 only where messages were counted and missing', async () => {
    const { alice, bob } = await stage.folderPair();
    assert.deepEqual(await bob.listens(), []);
    const none = await bob.run(['listen', '--timeout', '0.2']);
    assert.deepEqual([none.code, none.stderr], [0, '']);
    const few = await bob.run(['listen', '--count', '2', '--timeout', '0.2', '--json']);
    assert.equal(few.code, 6);
    assert.equal(eventsOf(few.stdout).at(-1)?.code, 'too-few');
    await alice.run(['send'], { input: '1\n2\n3\n4\n' });
    assert.deepEqual((await bob.run(['listen', '--count', '3', '--timeout', '60'])).lines, ['1', '2', '3']);
    assert.deepEqual((await bob.run(['listen', '--once', '--count', '5'])).code, 0);
    assert.deepEqual((await alice.run(['channel', 'show', '--json'])).code, 0);
    await alice.listens();
    const [shown] = eventsOf((await alice.run(['channel', 'show', '--json'])).stdout);
    assert.deepEqual([shown?.queued, shown?.sent], [0, 0], 'all is acknowledged');
  });

  test('--exec runs a command for each, text on stdin, the rest in variables, and no secret among them', async () => {
    const { alice, bob } = await stage.folderPair();
    await alice.run(['send', '--whole'], { input: 'two\nlines; $(touch owned) `touch owned`' });
    await alice.run(['send', 'second']);
    const command = 'echo "$BTR_CHANNEL $BTR_FROM $BTR_SEQ $BTR_PIN$BTR_PASSPHRASE$BTR_SENT_AT"; cat; echo';
    const env = { BTR_PIN: 'SECRET', BTR_PASSPHRASE: 'SECRET' };
    const { code, stdout } = await bob.run(['listen', '--once', '--exec', command], { env });
    assert.equal(code, 0);
    const time = '\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z';
    const [text, second] = ['two\nlines; \\$\\(touch owned\\) `touch owned`', 'second'];
    const expected = `^alice alice 1 ${time}\n${text}\nalice alice 2 ${time}\n${second}\n$`;
    assert.match(stdout, new RegExp(expected));
    await assert.rejects(readFile(stage.path('owned')));
  });

  test('a command that fails gets its message again, and what came after is not skipped', async () => {
    const { alice, bob } = await stage.folderPair();
    await alice.run(['send'], { input: 'one\ntwo\nthree\n' });
    const failing = await bob.run(['listen', '--once', '--exec', 'read -r text; echo "$text"; test "$text" != two']);
    assert.equal(failing.code, 1);
    assert.deepEqual(failing.lines, ['one', 'two']);
    assert.match(failing.stderr, /^btr: The command of --exec ended with code 1\.\nIts message is kept/);
    assert.deepEqual((await bob.run(['listen', '--once', '--exec', 'cat; echo'])).lines, ['two', 'three']);
  });

  test('--quiet leaves out remarks and keeps warnings; NO_COLOR and pipes have no colours', async () => {
    const { alice, bob } = await stage.folderPair();
    assert.equal((await alice.run(['send'], { input: 'a\n\n' })).stderr.includes('empty line'), true);
    assert.equal((await alice.run(['send', '-q'], { input: 'b\n\n' })).stderr, '');
    await bob.run(['channel', 'set', '--pin', '-q'], { env: { BTR_PIN: 'mistyped' } });
    const { stdout, stderr } = await bob.run(['listen', '--once', '-q']);
    assert.match(stderr, /could not be opened/);
    assert.ok(!`${stdout}${stderr}`.includes('\u001b'));
  });

  test('an old suite carries texts and says what it has not', async () => {
    const { alice, bob } = await stage.folderPair('plain');
    await alice.run(['send', 'as it is']);
    assert.deepEqual(await bob.listens(), ['as it is']);
    const drop = `folder:${stage.path('old')}`;
    const add = ['channel', 'add', 'old', '--as', 'a', '--drop', drop, '--suite', 'btrchat'];
    const missing = await alice.run([...add, '--key-file', 'suffix.key'], { env: { BTR_PIN: 'abcd' } });
    assert.equal(missing.code, 3, missing.stderr);
    assert.match(missing.stderr, /no key file suffix\.key/);
    const added = await alice.run(add, { env: { BTR_PIN: 'abcd' } });
    assert.equal(added.code, 0, added.stderr);
    assert.match(added.stderr, /gives NO confidentiality/);
    const waiting = await alice.run(['send', 'old', 'x', '--wait', '1']);
    assert.equal(waiting.code, 2);
    assert.match(waiting.stderr, /Nothing is acknowledged in this channel/);
    assert.equal((await alice.run(['send', 'old', '--file', builtProgram()])).code, 2);
  });

  test('a home that another process keeps locked is said with code 3, and nothing is half done', async () => {
    const { alice, bob } = await stage.folderPair();
    const store = new DatabaseSync(join(alice.home, 'btr.sqlite'));
    store.exec('BEGIN IMMEDIATE');
    const { code, stderr } = await alice.run(['send', 'not now']);
    store.exec('ROLLBACK');
    store.close();
    assert.equal(code, 3, stderr);
    assert.match(stderr, /^btr: Another process holds the lock on this home\.\nNothing was changed/);
    assert.equal((await alice.run(['send', 'now'])).code, 0);
    assert.deepEqual(await bob.listens(), ['now']);
  });

  test('where there is no room left, what was taken is kept and the rest is refused', { skip: noPrlimit }, async () => {
    const { alice, bob } = await stage.folderPair();
    const lines = Array.from({ length: 3000 }, (_, index) => `${index} ${'x'.repeat(990)}`);
    const limited = spawnSync('prlimit', ['--fsize=1500000', process.execPath, builtProgram(), 'send', 'bob'], {
      env: alice.env,
      input: `${lines.join('\n')}\n`,
      encoding: 'utf8',
    });
    assert.ok(limited.status === 3 || limited.status === 4, `${limited.status}: ${limited.stderr}`);
    assert.match(limited.stderr, /disk|home cannot be/);
    assert.doesNotMatch(limited.stderr, /\n\s+at /);
    assert.equal((await alice.run(['send', 'room again'])).code, 0);
    const shown = await bob.listens();
    assert.deepEqual(shown, [...lines.slice(0, shown.length - 1), 'room again']);
  });
});

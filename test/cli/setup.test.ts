/** Homes, passphrases, PINs, key files and channels. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { eventsOf } from '../tools/btr.ts';
import { type Person, pin, Stage } from '../tools/stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

const secret = 'correct horse battery';

/** Runs, and holds the whole answer against what is expected. */
async function expectEnd(person: Person, args: readonly string[], code: number, stderr: RegExp, env = {}) {
  const ended = await person.run(args, { env });
  assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr}`);
  assert.match(ended.stderr, stderr);
  assert.doesNotMatch(ended.stderr, /\n\s+at /, 'a stack trace');
  assert.ok(!`${ended.stdout}${ended.stderr}`.includes(secret), 'a secret was shown');
  return ended;
}

// Processes wait for one another most of the time, so several tests go side by side.
describe('setting up', { concurrency: 2 }, () => {
  test('without a home every command says so', async () => {
    const nobody = stage.person('nobody');
    for (const args of [
      ['send', 'x'],
      ['listen'],
      ['chat'],
      ['files'],
      ['get', 'abcd'],
      ['history'],
      ['swap'],
      ['doctor'],
    ]) {
      await expectEnd(nobody, args, 3, /^btr: There is no home here yet\.\nMake one with: btr init\n$/);
    }
    const { stdout } = await expectEnd(nobody, ['channel', 'list', '--json'], 3, /no home/);
    assert.equal(eventsOf(stdout)[0]?.code, 'no-home');
  });

  test('a home is private, is made once, and --home, BTR_HOME and the default name it in this order', async () => {
    const person = stage.person('places', { XDG_DATA_HOME: stage.path('data') });
    const made = await person.run(['init', '--name', 'Ann', '--no-passphrase', '--json']);
    assert.deepEqual(eventsOf(made.stdout), [{ event: 'home', path: person.home, locked: false }]);
    assert.equal((await stat(person.home)).mode & 0o777, 0o700);
    await expectEnd(person, ['init', '--no-passphrase'], 3, /^btr: This home is set up already\./);
    const other = stage.path('other');
    assert.equal((await person.run(['init', '--no-passphrase', '--home', other])).stdout, `Made a home in ${other}.\n`);
    const byDefault = await stage.run(['init', '--no-passphrase', '-q'], {
      env: { ...stage.env, XDG_DATA_HOME: stage.path('data') },
    });
    assert.equal(byDefault.stdout, `Made a home in ${stage.path('data', 'btr')}.\n`);
    assert.equal(byDefault.stderr, '');
  });

  test('a passphrase comes from a file or a variable, never empty, and a wrong one opens nothing', async () => {
    const person = stage.person('locked');
    await expectEnd(person, ['init'], 3, /^btr: No passphrase was given\.\n.*BTR_PASSPHRASE or --passphrase-file/);
    await expectEnd(person, ['init'], 3, /^btr: An empty passphrase protects nothing\./, { BTR_PASSPHRASE: '' });
    await writeFile(stage.path('pass'), `${secret}\n`);
    const [made] = eventsOf((await person.run(['init', '--json', '--passphrase-file', stage.path('pass')])).stdout);
    assert.equal(made?.locked, true);
    assert.equal((await person.run(['channel', 'list'], { env: { BTR_PASSPHRASE: secret } })).code, 0);
    await expectEnd(person, ['channel', 'list'], 3, /^btr: No passphrase was given\./);
    await expectEnd(person, ['channel', 'list'], 3, /passphrase/i, { BTR_PASSPHRASE: `${secret}!` });
    await expectEnd(person, ['channel', 'list', '--passphrase-file', 'nowhere'], 3, /file can't be read\.\nLooked for/);
  });

  test('a PIN is checked before the channel is made', async () => {
    const person = stage.person('pins');
    await person.run(['init', '--no-passphrase']);
    const place = ['channel', 'add', 'bob', '--as', 'a', '--drop', `folder:${stage.path('pins')}`];
    const add = [...place, '--suite', 'fernet'];
    await expectEnd(person, add, 3, /^btr: No PIN was given\.\n.*BTR_PIN or --pin-file/);
    for (const bad of ['abc', 'x'.repeat(65), 'with space', 'ümlaut', '']) {
      const { stderr } = await expectEnd(person, add, 3, /PIN/, { BTR_PIN: bad });
      assert.match(stderr, /4 to 64/);
    }
    await expectEnd(person, [...place, '--suite', 'btrchat'], 3, /PIN/, { BTR_PIN: 'abcde' });
    await expectEnd(person, [...place, '--suite', 'rot13'], 2, /no suite "rot13"\.\nSuites are: /, { BTR_PIN: pin });
    await expectEnd(person, ['channel', 'list'], 0, /No channel yet/);
    await writeFile(stage.path('pin'), `${pin}\n`);
    await expectEnd(
      person,
      [...add, '--pin-file', stage.path('pin')],
      0,
      /whoever can read the drop can guess the PIN/,
    );
    await expectEnd(person, add, 3, /There is a channel "bob" already/, { BTR_PIN: pin });
  });

  test('a channel needs one drop, a side of it and a name that can be shown', async () => {
    const person = stage.person('drops');
    await person.run(['init', '--no-passphrase']);
    const folder = `folder:${stage.path('drops')}`;
    await writeFile(stage.path('odd.json'), '{ "not": ');
    const calls: readonly (readonly [string[], number, RegExp])[] = [
      [['bob', '--as', 'a'], 2, /Which drop\?\nGive one of --drop URI, --outputs FILE or --stack NAME/],
      [['bob', '--as', 'a', '--drop', folder, '--stack', 'S'], 2, /One drop at a time/],
      [['bob', '--as', 'c', '--drop', folder], 2, /"c" is not a side of this drop\.\nYou are a or b/],
      [['bob', '--as', 'a', '--drop', 'ftp:/x'], 2, /no drop like "ftp:\/x"\.\nA drop is folder:/],
      [['bob', '--as', 'a', '--drop', 'folder:'], 2, /no path/],
      [['bob', '--as', 'a', '--drop', 'aws:tx=a.fifo'], 2, /rx/],
      [['bob', '--as', 'a', '--drop', 'aws:tx=a,rx=b'], 2, /fifo/],
      [['../bob', '--as', 'a', '--drop', folder], 2, /A name has 1 to 64 letters/],
      [['bob\u001b[2J', '--as', 'a', '--drop', folder], 2, /A name has 1 to 64 letters/],
      [['bob', '--as', 'alice', '--outputs', 'nowhere.json'], 3, /outputs file can't be read: nowhere\.json/],
      [['bob', '--as', 'alice', '--outputs', 'odd.json'], 3, /outputs/i],
      [['bob', '--as', 'a', '--drop', folder, '--suite', 'fernet', '--key-file', '/'], 3, /key file can't be read/],
    ];
    for (const [args, code, pattern] of calls) {
      await expectEnd(person, ['channel', 'add', ...args], code, pattern, { BTR_PIN: pin });
    }
    await expectEnd(person, ['channel', 'list'], 0, /No channel yet/);
  });

  test('a key file is made on the first side, for its owner alone, and read on the other', async () => {
    const drop = `folder:${stage.path('keyed')}`;
    const [alice, bob] = [stage.person('key-a'), stage.person('key-b')];
    for (const [person, buddy, role] of [[alice, 'bob', 'a'] as const, [bob, 'alice', 'b'] as const]) {
      await person.run(['init', '--no-passphrase']);
      const add = [
        'channel',
        'add',
        buddy,
        '--as',
        role,
        '--drop',
        drop,
        '--suite',
        'fernet',
        '--key-file',
        'channel.key',
        '--json',
      ];
      const { code, stdout, stderr } = await person.run(add, { env: { BTR_PIN: pin } });
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stderr, /guess the PIN/);
      assert.equal(
        eventsOf(stdout).some(({ event }) => event === 'key-file'),
        person === alice,
      );
      const [channel] = eventsOf(stdout).filter(({ event }) => event === 'channel');
      assert.deepEqual([channel?.channel, channel?.role, channel?.suite], [buddy, role, 'fernet']);
    }
    const key = (await readFile(stage.path('channel.key'), 'utf8')).trim();
    assert.equal((await stat(stage.path('channel.key'))).mode & 0o777, 0o600);
    assert.equal((await alice.run(['send', 'under a key'])).code, 0);
    assert.deepEqual(await bob.listens(), ['under a key']);
    for (const args of [['channel', 'show'], ['doctor']]) assert.ok(!(await alice.run(args)).stdout.includes(key));
    await writeFile(stage.path('bad.key'), 'not a key');
    await expectEnd(alice, ['channel', 'set', '--key-file', 'bad.key'], 3, /key/i, { BTR_PIN: pin });
    await expectEnd(alice, ['channel', 'set', '--key-file', 'none.key'], 3, /no key file none\.key/, { BTR_PIN: pin });
  });

  test('a wrong PIN opens nothing, is said with code 3, and loses nothing once it is set right', async () => {
    const { alice, bob } = await stage.folderPair();
    await expectEnd(bob, ['channel', 'set', 'alice', '--pin'], 0, /^Channel alice is changed/, { BTR_PIN: 'mistyped' });
    await alice.run(['send'], { input: 'one\ntwo\n' });
    const first = await expectEnd(
      bob,
      ['listen', '--once', '--json'],
      3,
      /could not be opened(.*\n)*.*btr channel set alice --pin/,
    );
    assert.deepEqual(
      eventsOf(first.stdout).map(({ event, code }) => [event, code]),
      [
        ['notice', 'unopened'],
        ['error', 'wrong-pin'],
      ],
    );
    await expectEnd(bob, ['channel', 'set', '--pin'], 0, /still do not open/, { BTR_PIN: 'mistyped-again' });
    await expectEnd(bob, ['channel', 'set', '--pin'], 0, /could be opened now/, { BTR_PIN: pin });
    assert.deepEqual(await bob.listens(), ['one', 'two']);
    assert.deepEqual((await bob.run(['channel', 'set'])).code, 2);
  });

  test('a channel is listed, shown, renamed, quietened, wiped and removed', async () => {
    const { alice, bob } = await stage.folderPair();
    await alice.run(['send', 'hello']);
    const [shown] = eventsOf((await alice.run(['channel', 'show', 'bob', '--json'])).stdout);
    const { drop, drops, ...rest } = shown ?? {};
    assert.match(String(drop), /^folder \//);
    assert.ok(Array.isArray(drops) && drops.length === 1 && drops[0].text === drop);
    const expected = { event: 'channel', channel: 'bob', role: 'a', suite: 'fernet', policy: 'first', receipts: true };
    const kept = { history: 'forever', timer: null, buddyTimer: null };
    assert.deepEqual(rest, { ...expected, ...kept, queued: 0, sent: 1, quarantined: 0 });
    assert.equal((await alice.run(['channel', 'list'])).stdout, (await alice.run(['channel', 'show'])).stdout);
    await expectEnd(alice, ['channel', 'set', '--receipts', 'maybe'], 2, /on or off, not "maybe"/);
    assert.equal((await alice.run(['channel', 'set', '--receipts', 'off', '--name', 'Bobby B.'])).code, 0);
    assert.match((await alice.run(['channel', 'show', 'Bobby B.'])).stdout, /receipts off/);

    await expectEnd(
      alice,
      ['wipe', 'Bobby B.'],
      2,
      /^btr: This wants a yes\.\nRun it on a terminal, or add --yes\.\n$/,
    );
    assert.equal((await alice.run(['history'])).lines.length, 1);
    const wiped = await alice.run(['wipe', 'Bobby B.', '--yes', '--json']);
    assert.deepEqual(eventsOf(wiped.stdout), [{ event: 'wiped', channel: 'Bobby B.' }]);
    assert.equal((await alice.run(['history'])).stdout, '');
    assert.deepEqual(await bob.listens(), ['hello']);

    await expectEnd(alice, ['channel', 'remove', 'Bobby B.'], 2, /This wants a yes/);
    const removed = await alice.run(['channel', 'remove', 'Bobby B.', '-y', '--json']);
    assert.deepEqual(eventsOf(removed.stdout), [{ event: 'removed', channel: 'Bobby B.' }]);
    await expectEnd(alice, ['history', 'Bobby B.'], 3, /no channel/);
  });

  test('history shows the newest, both directions, oldest first', async () => {
    const { alice, bob } = await stage.folderPair();
    await alice.run(['send'], { input: '1\n2\n3\n' });
    await bob.listens();
    await bob.run(['send', '4']);
    await alice.listens();
    assert.deepEqual((await alice.run(['history'])).lines, ['alice: 1', 'alice: 2', 'alice: 3', 'bob: 4']);
    assert.deepEqual((await bob.run(['history', 'alice', '--last', '2'])).lines, ['alice: 3', 'bob: 4']);
  });

  test('two sides swap, and a swap that the drop refuses is taken back', async () => {
    const { alice, bob } = await stage.folderPair();
    const swapped = await alice.run(['swap', '--json']);
    assert.deepEqual(eventsOf(swapped.stdout), [{ event: 'swapped', channel: 'bob', role: 'b' }]);
    assert.equal((await bob.run(['swap'])).code, 0);
    await alice.run(['send', 'the other way']);
    assert.deepEqual(await bob.listens(), ['the other way']);
  });

  test('a home that others can read, one of a newer version and a damaged one are said by doctor and others', async () => {
    const { alice, bob } = await stage.folderPair();
    assert.equal((await alice.run(['doctor'])).code, 0);
    const findings = eventsOf((await alice.run(['doctor', '--json'])).stdout);
    assert.ok(findings.length > 3);
    assert.deepEqual([...new Set(findings.map(({ event, ok }) => `${event} ${ok}`))], ['finding true']);

    await chmod(alice.home, 0o755);
    await expectEnd(alice, ['doctor'], 3, /^btr: The home is open to others\.\nchmod -R go= /);
    await chmod(alice.home, 0o700);

    const store = new DatabaseSync(`${bob.home}/btr.sqlite`);
    const version = Number(store.prepare('PRAGMA user_version').get()?.user_version);
    store.exec(`PRAGMA user_version = ${version + 1}`);
    store.close();
    await expectEnd(bob, ['listen', '--once'], 3, /newer version/);

    const damaged = stage.person('damaged');
    await damaged.run(['init', '--no-passphrase']);
    await writeFile(`${damaged.home}/btr.sqlite`, 'x'.repeat(10_000));
    await expectEnd(damaged, ['history'], 3, /^btr: The store in this home is damaged\./);
    await mkdir(stage.path('no-key'));
    await expectEnd(stage.person('x'), ['history', '--home', stage.path('no-key')], 3, /no home here/);
  });
});

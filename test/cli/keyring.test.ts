/** A home whose key is in the keyring of the system: a real one where there is one, and none where there is not. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, readdir, readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { keyPath } from '../../client/store/home.ts';
import { chanceFor, killAfter, killCount, timeFor } from '../kill/kills.ts';
import { eventsOf } from '../tools/btr.ts';
import { Keyring, noKeyring } from '../tools/keyring.ts';
import { seed } from '../tools/seed.ts';
import { type Person, Stage } from '../tools/stage.ts';

const skip = noKeyring;
const given = { BTR_PASSPHRASE: 'a-passphrase-for-tests' };

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

async function expectEnd(person: Person, args: readonly string[], code: number, env: NodeJS.ProcessEnv = {}) {
  const result = await person.run(args, { env });
  assert.equal(result.code, code, `${args.join(' ')}: ${result.stderr}`);
  return result;
}

async function keyFile(person: Person): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(keyPath(person.home), 'utf8'));
}

describe('with a keyring', () => {
  test('the key lies in it and the home opens without a passphrase, while the keyring answers', { skip }, async () => {
    await using keyring = await Keyring.start(stage.path('answers'), stage.env);
    const person = stage.person('kept', keyring.env);
    const { stdout } = await expectEnd(person, ['init', '--keyring', '--json'], 0);
    assert.deepEqual(eventsOf(stdout), [{ event: 'home', path: person.home, locked: false, keyring: true }]);
    const content = await keyFile(person);
    assert.deepEqual(keyring.entries(), [content.keyring]);
    assert.deepEqual(content, { version: 1, keyring: content.keyring });
    assert.match(String(content.keyring), /^[0-9a-f]{32}$/);
    await expectEnd(person, ['channel', 'list'], 0);
    const stranger = stage.person('kept', { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' });
    const { stderr } = await expectEnd(stranger, ['channel', 'list'], 3);
    assert.match(stderr, /^btr: No keyring answers here, or it is locked\.\nLog in to a desktop session/);
    await expectEnd(person, ['unlock'], 2, given);
  });

  test('from a passphrase into it, and back again, nothing stays behind', { skip }, async () => {
    await using keyring = await Keyring.start(stage.path('moves'), stage.env);
    const person = stage.person('moves', keyring.env);
    await expectEnd(person, ['init', '--name', 'Mover'], 0, given);
    await expectEnd(person, ['passphrase', '--keyring'], 3);
    await expectEnd(person, ['passphrase', '--keyring'], 0, given);
    const [entry] = keyring.entries();
    assert.deepEqual(await keyFile(person), { version: 1, keyring: entry });
    await expectEnd(person, ['channel', 'list'], 0);
    const again = await expectEnd(person, ['passphrase', '--keyring'], 2);
    assert.match(again.stderr, /^btr: The key is in the keyring already/);
    assert.deepEqual(keyring.entries(), [entry]);

    await cp(keyPath(person.home), stage.path('key-that-names-it'));
    await expectEnd(person, ['passphrase', '--no-passphrase'], 0);
    assert.deepEqual(keyring.entries(), []);
    await expectEnd(person, ['channel', 'list'], 0);
    await expectEnd(person, ['passphrase', '--keyring'], 0);
    assert.equal(keyring.entries().length, 1);
    await cp(stage.path('key-that-names-it'), keyPath(person.home));
    const { stderr } = await expectEnd(person, ['channel', 'list'], 3);
    assert.match(stderr, /^btr: The keyring has no key for this home/);
  });

  test('a home that can not be made leaves no entry, and wiping one removes it', { skip }, async () => {
    await using keyring = await Keyring.start(stage.path('wipes'), stage.env);
    const person = stage.person('wiped', keyring.env);
    await expectEnd(person, ['init', '--keyring'], 0);
    await expectEnd(person, ['init', '--keyring'], 3);
    assert.equal(keyring.entries().length, 1);
    await expectEnd(person, ['wipe', '--all', '--yes'], 0);
    assert.deepEqual(keyring.entries(), []);
    assert.equal(existsSync(person.home), false);
  });

  test('a home whose keyring is silent is wiped all the same, and what is left in it is named', { skip }, async () => {
    await using keyring = await Keyring.start(stage.path('silent'), stage.env);
    const person = stage.person('silent', keyring.env);
    await expectEnd(person, ['init', '--keyring'], 0);
    const [entry] = keyring.entries();
    const without = stage.person('silent', { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' });
    const { stderr } = await expectEnd(without, ['wipe', '--all', '--yes'], 3);
    assert.match(
      stderr,
      new RegExp(`^btr: The home is destroyed, but its key is still in the keyring\\.\\n.*${entry}`),
    );
    assert.equal(existsSync(person.home), false);
  });

  const kills = killCount(0.3);
  test(`killed on the way in or out, the home opens and no stray key stays (seed ${seed})`, {
    skip,
    ...timeFor(kills),
  }, async () => {
    await using keyring = await Keyring.start(stage.path('kills'), stage.env);
    const person = stage.person('kills', keyring.env);
    await expectEnd(person, ['init', '--no-passphrase'], 0);
    const chance = chanceFor('keyring');
    for (let count = 0; count < kills; count++) {
      const { keyring: entry } = await keyFile(person);
      const to = entry === undefined ? '--keyring' : '--no-passphrase';
      await killAfter(person.start(['passphrase', to]), 60 + chance.below(120));
      await expectEnd(person, ['channel', 'list'], 0);
      const known = Object.values(await keyFile(person));
      for (const one of keyring.entries()) assert.ok(known.includes(one), 'a key that no file names');
    }
    if ((await keyFile(person)).keyring === undefined) await expectEnd(person, ['passphrase', '--keyring'], 0);
    assert.equal(keyring.entries().length, 1);
    await expectEnd(person, ['passphrase', '--no-passphrase'], 0);
    assert.deepEqual(keyring.entries(), []);
    assert.deepEqual((await readdir(person.home)).sort(), ['btr.sqlite', 'key']);
  });
});

const skipOthers = process.platform !== 'linux' && 'only on Linux a variable says where the keyring is';

test('without a keyring none is pretended: the home is not made, and no other place is taken', {
  skip: skipOthers,
}, async () => {
  const person = stage.person('none', { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' });
  const { stderr } = await expectEnd(person, ['init', '--keyring'], 3, given);
  assert.match(stderr, /^btr: No keyring answers here, or it is locked\.\n.*lock the home with a passphrase instead/);
  assert.deepEqual(await readdir(person.home), []);
  const { stderr: two } = await expectEnd(person, ['init', '--keyring', '--no-passphrase'], 2);
  assert.match(two, /^btr: Either --no-passphrase or --keyring\./);
});

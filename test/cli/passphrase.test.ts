/** btr passphrase: the key under another passphrase, or under none; everything else stays as it is. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { link, readdir, readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { keyPath, storePath } from '../../client/store/home.ts';
import { openKeyFile } from '../../client/store/key-file.ts';
import { chanceFor, killAfter, killCount, timeFor } from '../kill/kills.ts';
import { agentOf, ended } from '../tools/at-rest.ts';
import { eventsOf } from '../tools/btr.ts';
import { noTerminal, Screen } from '../tools/screen.ts';
import { seed } from '../tools/seed.ts';
import { Person, Stage } from '../tools/stage.ts';

const [first, second] = ['the first passphrase', 'the second passphrase'];

let stage: Stage;
before(async () => {
  stage = await Stage.make();
  await writeFile(stage.path('first.txt'), `${first}\n`);
  await writeFile(stage.path('second.txt'), `${second}\n`);
});
after(() => stage[Symbol.asyncDispose]());

class Owner extends Person {
  /** @param passphrase absent: a home without one. */
  static async make(name: string, passphrase?: string): Promise<Owner> {
    const owner = new Owner(stage, name);
    const args = passphrase === undefined ? ['--no-passphrase'] : [];
    await owner.expect(['init', ...args], 0, /Next: btr invite/, passphrase);
    return owner;
  }

  /** Runs a command that must end so, with a passphrase in the environment or without one. */
  async expect(args: readonly string[], code: number, pattern: RegExp, passphrase?: string) {
    const result = await this.run(args, passphrase === undefined ? {} : { env: { BTR_PASSPHRASE: passphrase } });
    assert.equal(result.code, code, `${args.join(' ')}: ${result.stderr}`);
    assert.match(result.stderr, pattern);
    return result;
  }

  opensWith(passphrase: string) {
    return this.expect(['channel', 'list'], 0, /^No channel yet/, passphrase);
  }

  refuses(passphrase: string) {
    return this.expect(['channel', 'list'], 3, /^btr: The passphrase is wrong/, passphrase);
  }

  async storeHash(): Promise<string> {
    return createHash('sha256')
      .update(await readFile(storePath(this.home)))
      .digest('hex');
  }
}

describe('changing the passphrase', { concurrency: 3 }, () => {
  test('the new one opens the home, the old one no more, and nothing else is written', async () => {
    const owner = await Owner.make('changes', first);
    const before = { key: await readFile(keyPath(owner.home), 'utf8'), store: await owner.storeHash() };
    const master = await openKeyFile(keyPath(owner.home), first);
    await link(keyPath(owner.home), stage.path('old-key-file'));
    const args = ['passphrase', '--new-passphrase-file', stage.path('second.txt'), '--json'];
    const { stdout } = await owner.expect(args, 0, /^The new passphrase counts now\./, first);
    assert.deepEqual(eventsOf(stdout), [{ event: 'home', path: owner.home, locked: true }]);
    await owner.opensWith(second);
    await owner.refuses(first);
    assert.deepEqual(await openKeyFile(keyPath(owner.home), second), master);
    assert.equal(await owner.storeHash(), before.store);
    assert.deepEqual((await readdir(owner.home)).sort(), ['btr.sqlite', 'key']);
    const old: { key: string; salt: string } = JSON.parse(before.key);
    for (const path of [keyPath(owner.home), stage.path('old-key-file')]) {
      const text = await readFile(path, 'latin1');
      assert.ok(!text.includes(old.key) && !text.includes(old.salt), `${path} still has the old key`);
    }
  });

  test('to none and back to one', async () => {
    const owner = await Owner.make('none', first);
    await owner.expect(['passphrase', '--no-passphrase'], 0, /^The key lies in a file now: whoever can read/, first);
    await owner.expect(['channel', 'list'], 0, /^No channel yet/);
    await owner.expect(['passphrase', '--no-passphrase'], 2, /^btr: This home has no passphrase\./);
    const key: { key: string } = JSON.parse(await readFile(keyPath(owner.home), 'utf8'));
    await link(keyPath(owner.home), stage.path('open-key-file'));
    await owner.expect(['passphrase', '--new-passphrase-file', stage.path('second.txt')], 0, /^The new passphrase/);
    await owner.opensWith(second);
    assert.ok(!(await readFile(stage.path('open-key-file'), 'latin1')).includes(key.key));
  });

  test('the same passphrase again wraps the key anew', async () => {
    const owner = await Owner.make('same', first);
    const before = await readFile(keyPath(owner.home), 'utf8');
    await owner.expect(['passphrase', '--new-passphrase-file', stage.path('first.txt')], 0, /^The new/, first);
    assert.notEqual(await readFile(keyPath(owner.home), 'utf8'), before);
    await owner.opensWith(first);
  });

  test('what does not go changes nothing', async () => {
    const owner = await Owner.make('refused', first);
    const before = await readFile(keyPath(owner.home), 'utf8');
    const file = ['--new-passphrase-file', stage.path('second.txt')];
    await writeFile(stage.path('empty.txt'), '\n');
    await owner.expect(['passphrase', ...file], 3, /^btr: The passphrase is wrong/, 'wrong');
    await owner.expect(['passphrase', ...file], 3, /^btr: No passphrase was given/);
    // The variable holds the old one; it can't be the new one, too.
    await owner.expect(['passphrase'], 3, /^btr: No new passphrase was given\.\n.* by --new-passphrase-file\./, first);
    const empty = ['passphrase', '--new-passphrase-file', stage.path('empty.txt')];
    await owner.expect(empty, 3, /^btr: An empty new passphrase protects nothing/, first);
    await owner.expect(['passphrase', '--new-passphrase-file', '/nowhere'], 3, /file can't be read/, first);
    await owner.expect(['passphrase', '--no-passphrase', ...file], 2, /^btr: Either a new passphrase, or none/, first);
    await owner.expect(['passphrase', '--keyring', ...file], 2, /^btr: Either a new passphrase, or none/, first);
    await owner.expect(['passphrase', '--keyring', '--no-passphrase'], 2, /^btr: Either --no-passphrase or/, first);
    assert.equal(await readFile(keyPath(owner.home), 'utf8'), before);
  });

  test('an unlocked home still asks for the old one, and is locked afterwards', async () => {
    const owner = await Owner.make('unlocked', first);
    await owner.expect(['unlock'], 0, /^Unlocked/, first);
    const { pid } = await agentOf(owner.home);
    const args = ['passphrase', '--new-passphrase-file', stage.path('second.txt')];
    await owner.expect(args, 3, /^btr: No passphrase was given/);
    await owner.expect(args, 0, /^The new passphrase counts now/, first);
    assert.deepEqual((await readdir(owner.home)).sort(), ['btr.sqlite', 'key']);
    await ended(pid);
    await owner.expect(['channel', 'list'], 3, /^btr: No passphrase was given/);
  });

  test('on a terminal it asks for the old one, and twice for the new one', { skip: noTerminal }, async () => {
    const owner = await Owner.make('asked', first);
    await using screen = await Screen.open(owner, ['passphrase']);
    await screen.until(/^passphrase:$/m);
    await screen.enter(first);
    await screen.until(/New passphrase:/);
    await screen.enter(second);
    await screen.until(/Once more:/);
    await screen.enter(second);
    assert.doesNotMatch(await screen.until(/counts now(.*\n)+\[exit 0\]/), /the first|the second/);
    await owner.opensWith(second);
  });

  const kills = killCount(0.2);
  test(`killed at any point, the old or the new one opens the home (seed ${seed})`, timeFor(kills), async () => {
    const owner = await Owner.make('killed', first);
    const chance = chanceFor('passphrase');
    let [now, next] = ['first', 'second'];
    for (let count = 0; count < kills; count++) {
      const args = ['--passphrase-file', stage.path(`${now}.txt`), '--new-passphrase-file', stage.path(`${next}.txt`)];
      await killAfter(owner.start(['passphrase', ...args]), 200 + chance.below(500));
      const opens = async (name: string) =>
        (await owner.run(['channel', 'list', '--passphrase-file', stage.path(`${name}.txt`)])).code === 0;
      const [old, changed] = [await opens(now), await opens(next)];
      assert.notEqual(old, changed, 'both or none');
      if (changed) [now, next] = [next, now];
    }
    assert.deepEqual(
      (await readdir(owner.home)).filter((name) => name.startsWith('key')),
      ['key'],
    );
  });
});

/** Drops that a buddy offers: declined, met by another way, or taken after a look at why they want a yes. */
import assert from 'node:assert/strict';
import { rename, symlink } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { expectEnd } from '../tools/invited.ts';
import { noTerminal, Screen } from '../tools/screen.ts';
import { Stage } from '../tools/stage.ts';
import { drop, dropsOf, idAt, newFolder } from './drop-tools.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

describe('offers', { concurrency: 2 }, () => {
  test('the only drop that the buddy has heard of is not removed', async () => {
    const { alice, bob } = await stage.folderPair();
    const [first] = await dropsOf(alice);
    const id = String(first?.id).slice(0, 8);
    const path = newFolder(stage);
    await expectEnd(drop(alice, 'add', `folder:${path}`), 0, /./);
    await expectEnd(drop(alice, 'remove', id), 3, /^btr: bob .*\n.*--force/);
    await bob.listens();
    await expectEnd(drop(bob, 'add', await idAt(bob, path), '--yes'), 0, /./);
    await alice.listens();
    await expectEnd(drop(alice, 'remove', id), 0, /no more, and bob hears of it/);
  });

  test('an offer that is declined is gone, and nothing else is changed', async () => {
    const { alice, bob } = await stage.folderPair();
    const path = newFolder(stage);
    await expectEnd(drop(alice, 'add', `folder:${path}`), 0, /./);
    await bob.listens();
    await expectEnd(drop(bob, 'remove', await idAt(bob, path)), 0, /^The offer of alice is declined: folder /);
    assert.equal((await dropsOf(bob)).length, 1);
  });

  test("an offer is met by one's own way to the same place as well", async () => {
    const { alice, bob } = await stage.folderPair();
    const path = newFolder(stage);
    await expectEnd(drop(alice, 'add', `folder:${path}`), 0, /./);
    await bob.listens();
    const elsewhere = newFolder(stage);
    await symlink(path, elsewhere);
    const id = await idAt(bob, path);
    await expectEnd(drop(bob, 'add', `folder:${elsewhere}`), 0, new RegExp(`folder ${elsewhere} as well, id ${id}`));
    assert.deepEqual((await dropsOf(bob)).map(({ text, state }) => [text, state]).slice(1), [
      [`folder ${elsewhere}`, 'used'],
    ]);
    await alice.listens();
    assert.equal((await dropsOf(alice)).length, 2);
  });

  test('a drop that is elsewhere than the buddy says is told of, and put right by adding it as it is here', async () => {
    const { alice, bob } = await stage.folderPair();
    const [path, elsewhere] = [newFolder(stage), newFolder(stage)];
    await expectEnd(drop(alice, 'add', `folder:${path}`), 0, /./);
    await rename(path, elsewhere);
    const offered = `files are written and removed: ${path}\\. To use it: btr drop add alice`;
    await expectEnd(bob.run(['listen', '--once']), 0, new RegExp(offered));
    const id = await idAt(bob, path);
    await expectEnd(
      drop(bob, 'add', id, '--yes'),
      0,
      /is not there[\s\S]*by another path or login: btr drop add alice DROP/,
    );
    const gone = `^folder ${path}: .* is not there`;
    await expectEnd(bob.run(['listen', '--once']), 0, new RegExp(gone));
    await expectEnd(
      drop(bob, 'add', `folder:${elsewhere}`),
      0,
      new RegExp(`^Channel alice reaches ${id} as folder .* from now on\\.\n$`),
    );
    await expectEnd(bob.run(['listen', '--once']), 0, /^$/);
    await expectEnd(drop(bob, 'add', `folder:${elsewhere}`), 2, /goes over that drop already/);
  });

  test('on a terminal the reasons are shown and the yes is asked for', { skip: noTerminal }, async () => {
    const { alice, bob } = await stage.folderPair();
    const path = newFolder(stage);
    await expectEnd(drop(alice, 'add', `folder:${path}`), 0, /./);
    await bob.listens();
    const shown = await idAt(bob, path);
    for (const [answer, end, state] of [
      ['n', /Nothing was changed\.[\s\S]*\[exit 2\]/, 'offered'],
      ['y', /as well, id [\s\S]*\[exit 0\]/, 'used'],
    ] as const) {
      await using screen = await Screen.open(bob, ['drop', 'add', shown]);
      await screen.until(/It is a folder on this machine[\s\S]*Use it\? \[y\/N\]/);
      await screen.enter(answer);
      await screen.until(end);
      assert.equal((await dropsOf(bob)).at(-1)?.state, state);
    }
  });
});

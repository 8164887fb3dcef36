import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryCloud } from '../../client/drops/memory/cloud.ts';
import { Home } from '../../client/store/home.ts';
import { Folder, historyTexts, homeWithChannel, startScript } from './support.ts';

test('while another process holds the lock, writing ends in a clear error, and changes nothing', async () => {
  await using folder = await Folder.make();
  const path = folder.join('home');
  const home = await Home.create(path, { name: 'alice' });
  // The product waits ten seconds; that it gives up at all does not hang on how long.
  home.db.get('PRAGMA busy_timeout = 50');
  await using holder = startScript('hold-lock.ts', folder.join('home', 'btr.sqlite'));
  assert.equal(await holder.line(), 'locked');
  const refused = { code: 'home-busy', kind: 'setup', exitCode: 3 };
  assert.throws(() => home.settings.set('name', 'eve'), refused);
  assert.throws(() => home.db.transaction(() => assert.fail('the work was begun without the lock')), refused);
  assert.equal(home.name, 'alice', 'readers are not held up');
  await holder.end();
  home.settings.set('name', 'alice b.');
  assert.equal(home.name, 'alice b.');
  home.close();
});

test('a writer waits for another process that is soon done', async () => {
  await using folder = await Folder.make();
  const home = folder.join('home');
  const cloud = createMemoryCloud();
  const messenger = await homeWithChannel({ home, openDrop: async () => cloud.drop('a') }, 'bob', 'a');
  await using holder = startScript('hold-lock.ts', folder.join('home', 'btr.sqlite'));
  assert.equal(await holder.line(), 'locked');
  // Waiting for the lock blocks this process, so the word to let go of it is on its way before.
  await holder.say('let go');
  await messenger.queue('bob', ['hello']);
  await holder.end();
  assert.deepEqual(historyTexts(messenger, 'bob'), ['hello']);
  await messenger.close();
});

test('a process that dies with the lock leaves it free and nothing changed', async () => {
  await using folder = await Folder.make();
  const home = await Home.create(folder.join('home'), { name: 'alice' });
  const holder = startScript('hold-lock.ts', folder.join('home', 'btr.sqlite'));
  assert.equal(await holder.line(), 'locked');
  await holder.kill();
  home.settings.set('name', 'alice b.');
  assert.equal(home.name, 'alice b.');
  home.close();
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryCloud } from '../../client/drops/memory/cloud.ts';
import { Messenger } from '../../client/messenger/index.ts';
import { Folder, homeWithChannel, showNow, startScript } from './support.ts';

const count = 60;

test('two processes that write to one home at once lose and double nothing, and number everything once', async () => {
  await using folder = await Folder.make();
  const cloud = createMemoryCloud();
  const options = { home: folder.join('alice'), openDrop: async () => cloud.drop('a') };
  await (await homeWithChannel(options, 'bob', 'a')).close();

  const writers = ['left', 'right'].map((who) => startScript('queue-texts.ts', options.home, who, String(count)));
  await using left = writers[0];
  await using right = writers[1];
  assert.ok(left && right);
  assert.deepEqual(await Promise.all([left.line(), right.line()]), ['ready', 'ready']);
  await Promise.all([left.say('go'), right.say('go')]);
  assert.deepEqual(await Promise.all([left.line(), right.line()]), ['done', 'done']);
  await Promise.all([left.end(), right.end()]);

  const alice = await Messenger.open(options);
  const sent = [...alice.history('bob')].flatMap((event) => (event.type === 'message' ? [event] : []));
  assert.deepEqual(
    sent.map(({ seq }) => seq),
    Array.from({ length: 2 * count }, (_, index) => index + 1),
  );
  for (const who of ['left', 'right']) {
    const own = sent.map(({ text }) => text).filter((text) => text.startsWith(who));
    assert.deepEqual(
      own,
      Array.from({ length: count }, (_, index) => `${who} ${index + 1}`),
    );
  }
  await alice.deliver('bob');
  const bob = await homeWithChannel({ home: folder.join('bob'), openDrop: async () => cloud.drop('b') }, 'alice', 'b');
  assert.deepEqual(
    await showNow(bob, 'alice'),
    sent.map(({ text }) => text),
  );
  await alice.close();
  await bob.close();
});

test('two homes made in one folder at once are one home', async () => {
  await using folder = await Folder.make();
  const home = folder.join('home');
  const made = await Promise.allSettled([
    Messenger.create({ home, name: 'one' }),
    Messenger.create({ home, name: 'other' }),
  ]);
  const messengers = made.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const [refusal] = made.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  assert.equal(messengers.length, 1);
  assert.equal(refusal.code, 'home-exists');
  const name = messengers[0]?.name;
  for (const messenger of messengers) await messenger.close();
  const again = await Messenger.open({ home });
  assert.equal(again.name, name);
  await again.close();
});

/**
 * No room for the store. A full disk itself needs the right to mount one, so two things stand in for it: SQLite's own
 * bound on a database's pages, which fails as a full disk does (SQLITE_FULL), and the system's bound on the size of a
 * file, where writing itself fails.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createMemoryCloud } from '../../client/drops/memory/cloud.ts';
import { Context } from '../../client/messenger/context.ts';
import { deliver } from '../../client/messenger/deliver.ts';
import { Messenger } from '../../client/messenger/index.ts';
import { listen } from '../../client/messenger/listen.ts';
import { queueTexts } from '../../client/messenger/send.ts';
import { Home } from '../../client/store/home.ts';
import { Folder, historyTexts, homeWithChannel, Other, showNow } from './support.ts';

const full = { code: 'disk-full', kind: 'drop', exitCode: 4 };

/** Lets the store grow by so many pages of 4 KiB from now on; undefined: without bound. */
function bound(home: Home, pages: number | undefined): void {
  const used = home.db.get('PRAGMA page_count')?.int('page_count') ?? 0;
  home.db.get(`PRAGMA max_page_count = ${pages === undefined ? 0xfffffffe : used + pages}`);
}

test('sending on a full disk ends in a clear error, and goes on when there is room', async () => {
  await using folder = await Folder.make();
  const cloud = createMemoryCloud();
  const options = { home: folder.join('alice'), openDrop: async () => cloud.drop('a') };
  await (await homeWithChannel(options, 'bob', 'a')).close();
  const context = new Context(await Home.open(options.home, undefined), options);
  const [channel] = context.home.channels.list();
  assert.ok(channel);

  const large = 'x'.repeat(50_000);
  await queueTexts(context, channel, [large, 'before']);
  bound(context.home, 4);
  await assert.rejects(queueTexts(context, channel, ['neither this', large]), full);
  assert.deepEqual(context.home.outbox.counts(channel.id), { queued: 2, sent: 0 });
  bound(context.home, 0);
  await assert.rejects(deliver(context, channel.id), full);
  assert.deepEqual(cloud.waiting('a-to-b'), [], 'nothing is left that is not committed');

  bound(context.home, undefined);
  await queueTexts(context, channel, ['after']);
  await deliver(context, channel.id);
  await context.close();
  const bob = await homeWithChannel({ home: folder.join('bob'), openDrop: async () => cloud.drop('b') }, 'alice', 'b');
  assert.deepEqual(await showNow(bob, 'alice'), [large, 'before', 'after']);
  await bob.close();
});

test('receiving on a full disk leaves everything in the drop', async () => {
  await using folder = await Folder.make();
  const cloud = createMemoryCloud();
  const alice = await homeWithChannel(
    { home: folder.join('alice'), openDrop: async () => cloud.drop('a') },
    'bob',
    'a',
  );
  const texts = ['one', 'x'.repeat(50_000), 'three'];
  for (const text of texts) await alice.send('bob', text);
  const options = { home: folder.join('bob'), openDrop: async () => cloud.drop('b') };
  await (await homeWithChannel(options, 'alice', 'b')).close();

  const context = new Context(await Home.open(options.home, undefined), options);
  const [channel] = context.home.channels.list();
  assert.ok(channel);
  bound(context.home, 2);
  await assert.rejects(async () => {
    for await (const event of listen(context, channel.id, { wait: false })) assert.fail(`showed ${event.type}`);
  }, full);
  await context.close();
  cloud.advance(cloud.visibility);

  const bob = await Messenger.open(options);
  assert.deepEqual(await showNow(bob, 'alice'), texts);
  await bob.close();
  await alice.close();
});

/** `ulimit -f` counts in blocks whose size differs between shells; bytes are certain with prlimit. */
const noPrlimit = spawnSync('prlimit', ['--version']).error !== undefined && 'prlimit (util-linux) is not there';

test('where a file may not grow any more, nothing that was taken is lost', { skip: noPrlimit }, async () => {
  await using folder = await Folder.make();
  const cloud = createMemoryCloud();
  const options = { home: folder.join('home'), openDrop: async () => cloud.drop('a') };
  await (await homeWithChannel(options, 'bob', 'a')).close();
  const script = fileURLToPath(new URL('write-until-full.ts', import.meta.url));
  await using writer = new Other('prlimit', ['--fsize=2000000', process.execPath, script, options.home]);
  const { taken, kept, code, hint } = JSON.parse(await writer.line());
  await writer.end();
  assert.ok(taken > 10, `${taken} were taken`);
  assert.equal(kept, taken);
  assert.match(code, /^(disk-full|home-unusable)$/);
  assert.match(hint, /disk|room/);

  const alice = await Messenger.open(options);
  assert.equal(historyTexts(alice, 'bob').length, taken);
  await alice.send('bob', 'there is room again');
  await alice.close();
  const bob = await homeWithChannel({ home: folder.join('bob'), openDrop: async () => cloud.drop('b') }, 'alice', 'b');
  const shown = await showNow(bob, 'alice');
  assert.deepEqual(
    shown.map((text) => text.slice(0, 20).split(' x')[0]),
    [...Array.from({ length: taken }, (_, index) => `${index}`), 'there is room again'],
  );
  await bob.close();
});

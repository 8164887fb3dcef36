/** Removing what stayed past its time, where a drop's kind can do it and where it can't. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { folderKind } from '../../client/drops/folder/kind.ts';
import { Messenger, registerDrop, settleDrop } from '../../client/messenger/index.ts';

test('a kind of drop that has nothing to do by hand says so; others are asked by the time of the messenger', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'btr-expire-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const { expire: _, ...plain } = folderKind;
  const asked: unknown[] = [];
  registerDrop('tidy', async () => plain);
  registerDrop('untidy', async () => ({
    ...plain,
    expire: async (address, options) => {
      asked.push([address.kind, options]);
      return { removed: 1, aborted: 2, failed: 3, finished: false };
    },
  }));
  const messenger = await Messenger.create({ home: join(folder, 'home'), name: 'alice', now: () => 1234 });
  context.after(() => messenger.close());
  for (const kind of ['tidy', 'untidy']) {
    const drop = await settleDrop({ kind, path: join(folder, kind) }, 'a');
    await messenger.addChannel({ name: kind, role: 'a', drop, suite: 'fernet', pin: 'a-pin-for-tests' });
  }
  await assert.rejects(messenger.expire('tidy'), { kind: 'usage', code: 'expires-itself' });
  const { signal } = new AbortController();
  assert.deepEqual(await messenger.expire('untidy', signal), { removed: 1, aborted: 2, failed: 3, finished: false });
  assert.deepEqual(asked, [['untidy', { now: 1234, signal }]]);
});

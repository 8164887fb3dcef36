/** A copy of a home, perhaps an older one, is put in its place. */
import assert from 'node:assert/strict';
import { cp, rename, rm } from 'node:fs/promises';
import test from 'node:test';
import { makePair } from '../messenger/pair.ts';
import { channel } from '../messenger/person.ts';

test('scenario: what an older copy of a home writes is shown, not taken for a repeat', async () => {
  await using pair = await makePair();
  const { a, b, cloud } = pair;
  await a.send('before');
  await b.listen();
  await a.listen();
  const backup = `${a.directory}-backup`;
  await a.messenger.close();
  await cp(a.directory, backup, { recursive: true });
  await a.restart();
  await a.send('after the backup');
  await b.listen();
  await a.messenger.close();
  await rm(a.directory, { recursive: true });
  await rename(backup, a.directory);
  await a.restart();
  await a.send('after the restore');
  await b.listen();
  assert.deepEqual(b.texts(), ['before', 'after the backup', 'after the restore']);
  await a.listen();
  assert.deepEqual(a.messenger.pending(channel), { queued: 0, sent: 0 });
  assert.equal(cloud.waiting('a-to-b').length, 0);
});

test('scenario: a home that was only closed and opened goes on in its stream', async () => {
  await using pair = await makePair();
  const { a, b } = pair;
  await a.send('one');
  await a.restart();
  await a.send('two');
  await b.listen();
  assert.deepEqual(
    b.shown.map(({ seq }) => seq),
    [1, 2],
  );
});

/** Files over several drops: uploads that outlive the drop they began in, and files that lie in a drop that is left. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test from 'node:test';
import type { Pair } from '../messenger/pair.ts';
import { channel, type Person } from '../messenger/person.ts';
import { failure } from './pairing-support.ts';
import { addDrops, dropsOf, fail, idAt, makeSeveralPair, talk } from './several-tools.ts';

/** A drop is tried again at once, so that what comes of failing often needs no time. */
function hurry({ a, b }: Pair): void {
  for (const { dropTiming } of [a, b]) dropTiming.firstRest = 0;
}

const megabyte = 1024 * 1024;

async function sendFile(person: Person, name: string, bytes = 3 * megabyte): Promise<string> {
  const path = join(person.directory, name);
  await writeFile(path, Buffer.alloc(bytes, name));
  const { id } = await person.messenger.sendFile(channel, { path });
  await person.deliver();
  return id;
}

async function assertFetched(person: Person, id: string, name: string, bytes = 3 * megabyte): Promise<void> {
  const path = await person.messenger.getFile(id, { target: { folder: person.directory } });
  assert.deepEqual(await readFile(path ?? ''), Buffer.alloc(bytes, name));
}

test('several: a file goes by the drops that serve, and is fetched from whichever has it', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two']);
  const { a, b, cloud } = pair;
  await addDrops(pair, 'two');
  const one = await sendFile(a, 'one');
  fail(cloud.at());
  const two = await sendFile(a, 'two');
  cloud.heal();
  await talk(pair);
  await assertFetched(b, one, 'one');
  await assertFetched(b, two, 'two');
  assert.deepEqual([cloud.at().parcelKeys().length, cloud.at('two').parcelKeys().length], [1, 1]);
  for (const id of [one, two]) await a.messenger.recallFile(id);
  assert.deepEqual([...cloud.at().parcelKeys(), ...cloud.at('two').parcelKeys()], []);
});

test('several: an upload whose drop dies in the middle begins anew in another one', async () => {
  await using pair = await makeSeveralPair({}, ['two']);
  hurry(pair);
  const { a, b, cloud } = pair;
  await addDrops(pair, 'two');
  const path = join(a.directory, 'large');
  await writeFile(path, Buffer.alloc(40 * megabyte, 'large'));
  const done: number[] = [];
  const { id } = await a.messenger.sendFile(channel, {
    path,
    onProgress: (bytes) => {
      done.push(bytes);
      if (done.length === 2) fail(cloud.at());
    },
  });
  assert.ok(
    done.some((bytes, index) => index > 0 && bytes < (done[index - 1] ?? 0)),
    'it began anew',
  );
  await a.deliver();
  await talk(pair);
  await assertFetched(b, id, 'large', 40 * megabyte);
});

test('several: what comes through a pipe can not begin anew, and says what to do', async () => {
  await using pair = await makeSeveralPair({}, ['two']);
  hurry(pair);
  const { a, cloud } = pair;
  await addDrops(pair, 'two');
  let parts = 0;
  const stdin = Readable.from(
    (function* () {
      for (let number = 0; number < 80; number += 1) yield Buffer.alloc(megabyte, 'piped');
    })(),
  );
  const sent = a.messenger.sendFile(channel, {
    path: '-',
    stdin,
    onProgress: () => {
      parts += 1;
      if (parts === 1) fail(cloud.at());
    },
  });
  await assert.rejects(sent, { code: 'no-such-upload', hint: /Send the file again/ });
  assert.deepEqual(a.messenger.files(channel), []);
});

test('several: files that would be lost with a drop hold it, unless another one has them or force is used', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two', 'three']);
  const { a, b, cloud } = pair;
  await addDrops(pair, 'two', 'three');
  const [first, two, three] = [await idAt(undefined), await idAt('two'), await idAt('three')];
  await a.messenger.useDrops(channel, { policy: 'all' });
  await sendFile(a, 'everywhere');
  await a.messenger.useDrops(channel, { policy: 'first', first: two });
  const lonely = await sendFile(a, 'lonely');
  await talk(pair);
  // The first drop has nothing that the others have not.
  await b.messenger.removeDrop(channel, first);
  assert.equal(await failure(b.messenger.removeDrop(channel, two)), 'files-wait');
  assert.deepEqual(await dropsOf(b), [two, three]);
  const { lostFiles } = await b.messenger.removeDrop(channel, two, { force: true });
  assert.deepEqual(
    lostFiles.map(({ id }) => id),
    [lonely],
  );
  assert.equal(b.messenger.files(channel).find(({ id }) => id === lonely)?.state, 'left-behind');
  await b.deliver();
  await talk(pair);
  assert.deepEqual(await dropsOf(a), [three]);
  assert.equal(cloud.at('two').parcelKeys().length, 2);
});

test('several: what lies in a drop that the buddy left is fetched from there all the same', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two']);
  const { a, b } = pair;
  const id = await sendFile(a, 'old');
  await talk(pair);
  await addDrops(pair, 'two');
  const { sentFiles } = await a.messenger.removeDrop(channel, await idAt(undefined));
  assert.deepEqual(
    sentFiles.map((file) => file.id),
    [id],
  );
  await a.deliver();
  await talk(pair);
  assert.deepEqual(await dropsOf(b), [await idAt('two')]);
  await assertFetched(b, id, 'old');
});

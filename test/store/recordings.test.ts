/** Homes that older versions of the store wrote (test/vectors/store-*.json): read whole, and they go on talking. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { brotliDecompressSync } from 'node:zlib';
import { createMemoryCloud } from '../../client/drops/memory/cloud.ts';
import { freshFolder } from '../messenger/pair.ts';
import { channel, Person, takeForOriginal } from '../messenger/person.ts';
import { wordsOf } from '../tools/said.ts';

interface Recording {
  readonly suite: string;
  readonly now: number;
  readonly queues: Readonly<Record<'a-to-b' | 'b-to-a', readonly string[]>>;
  readonly homes: Readonly<Record<'a' | 'b', Readonly<Record<string, string>>>>;
}

const folder = join(import.meta.dirname, '..', 'vectors');
const names = (await readdir(folder)).filter((name) => /^store-\d+\.json$/.test(name)).sort();

test('recordings: there is one of every version of the store up to that of today', async () => {
  const home = freshFolder();
  const { Messenger } = await import('../../client/messenger/index.ts');
  await (await Messenger.create({ home, name: 'new' })).close();
  const current = versionOf(home);
  await rm(home, { recursive: true });
  assert.deepEqual(
    names,
    Array.from({ length: current }, (_, index) => `store-${index + 1}.json`),
  );
});

function versionOf(home: string): number {
  const db = new DatabaseSync(join(home, 'btr.sqlite'), { readOnly: true });
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
  db.close();
  return version;
}

for (const name of names) {
  test(`recordings: ${name} is read whole and goes on`, async () => {
    const recording: Recording = JSON.parse(await readFile(join(folder, name), 'utf8'));
    const cloud = createMemoryCloud({ now: recording.now });
    for (const way of ['a-to-b', 'b-to-a'] as const) {
      for (const body of recording.queues[way]) cloud.inject(way, body);
    }
    const open = async (role: 'a' | 'b') => {
      const directory = freshFolder();
      await mkdir(directory, { mode: 0o700 });
      for (const [file, content] of Object.entries(recording.homes[role])) {
        await writeFile(join(directory, file), brotliDecompressSync(Buffer.from(content, 'base64')), { mode: 0o600 });
      }
      assert.equal(`store-${versionOf(directory)}.json`, name);
      await takeForOriginal(directory);
      return Person.open(cloud, role, directory);
    };
    const [a, b] = [await open('a'), await open('b')];
    assert.equal(a.messenger.channel(channel).suite, recording.suite);
    assert.deepEqual(texts(a), [
      'the first, of a',
      'the first, of b',
      'with ümlaut and 漢字',
      'under way to b',
      'queued at a',
    ]);
    assert.deepEqual(a.messenger.pending(channel), { queued: 1, sent: 1 });
    // Counted from version 3 on.
    const { requests } = await a.messenger.cost(channel, '2026-11');
    const counts = { operation: 'SendMessage', requests: 2, billed: 3, sent: 4, received: 5, kibHours: 6 };
    assert.deepEqual(requests, ['store-1.json', 'store-2.json'].includes(name) ? [] : [counts]);
    for (const person of [a, b, a, b]) await person.listen();
    await a.send('anew, of a');
    await b.send('anew, of b');
    for (const person of [a, b, a, b]) await person.listen();
    assert.deepEqual(a.texts(), ['under way to a', 'queued at b', 'anew, of b']);
    assert.deepEqual(b.texts(), ['under way to b', 'queued at a', 'anew, of a']);
    for (const person of [a, b]) {
      assert.deepEqual(person.notices(), []);
      assert.deepEqual(person.messenger.pending(channel), { queued: 0, sent: 0 });
      assert.deepEqual(person.messenger.quarantine(channel), []);
      await person.close();
    }
  });
}

function texts({ messenger }: Person): string[] {
  return wordsOf(messenger, channel);
}

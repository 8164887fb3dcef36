/** What is over goes: the right rows, and every byte of them. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Messenger } from '../../client/messenger/index.ts';
import { frameKinds } from '../../client/protocol/frames.ts';
import { findOld, hasExpired, hasOld, removeExpired, removeOld } from '../../client/store/expiry.ts';
import { Home } from '../../client/store/home.ts';
import { makePair } from '../messenger/pair.ts';
import { channel, type Person } from '../messenger/person.ts';
import { Folder, showNow } from './support.ts';

const now = Date.UTC(2026, 10, 5);
const hour = 3_600_000;

/** The sealed contents of messages and files, as they lie in the store now. */
function sealedRows({ directory }: Person): Buffer[] {
  const db = new DatabaseSync(`${directory}/btr.sqlite`, { readOnly: true });
  const rows = db.prepare('SELECT sealed FROM messages UNION ALL SELECT sealed FROM files').all();
  db.close();
  return rows.map(({ sealed }) => {
    assert.ok(sealed instanceof Uint8Array);
    return Buffer.from(sealed);
  });
}

/** The files of a home that hold any of these bytes. What is searched for is within one page of the store. */
async function holders({ directory }: Person, parts: readonly Buffer[]): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const content = await readFile(join(entry.parentPath, entry.name));
    if (parts.some((part) => content.includes(part))) found.push(entry.name);
  }
  return found.sort();
}

/** A statement of another connection that is at work until it is released. */
function reader({ directory }: Person): () => void {
  const db = new DatabaseSync(`${directory}/btr.sqlite`, { readOnly: true });
  const rows = db.prepare('SELECT * FROM messages').iterate();
  rows.next();
  return () => db.close();
}

/** Both have a timed text and a timed file, delivered and shown. Answers their sealed rows. */
async function exchange(a: Person, b: Person): Promise<readonly [Buffer[], Buffer[]]> {
  a.messenger.changeChannel(channel, { timer: hour });
  const path = join(a.directory, 'note.txt');
  await writeFile(path, 'text');
  await a.messenger.sendFile(channel, { path });
  await a.send('vanishes');
  for (const person of [b, a]) await person.listen();
  return [sealedRows(a), sealedRows(b)];
}

test('every byte of what is over is gone from every file of both homes, while they are open', async () => {
  await using pair = await makePair();
  const { a, b, cloud } = pair;
  const sealed = await exchange(a, b);
  assert.deepEqual(
    sealed.map(({ length }) => length),
    [3, 3],
  );
  for (const [index, person] of [a, b].entries()) {
    for (const part of sealed[index] ?? []) assert.notDeepEqual(await holders(person, [part]), []);
  }
  cloud.advance(hour);
  for (const [index, person] of [a, b].entries()) {
    await person.listen();
    assert.deepEqual(await holders(person, sealed[index] ?? []), []);
  }
});

test('turning the history off takes every byte of what was shown at once', async () => {
  await using pair = await makePair();
  const { a, b } = pair;
  await a.send('shown');
  await b.listen();
  const sealed = sealedRows(b);
  assert.notDeepEqual(await holders(b, sealed), []);
  b.messenger.changeChannel(channel, { history: 'off' });
  assert.deepEqual(await holders(b, sealed), []);
});

test('while another process reads, the log stays; whoever looks next empties it', async () => {
  await using pair = await makePair();
  const { a, b, cloud } = pair;
  const [, sealed] = await exchange(a, b);
  const next = await b.another();
  const release = reader(b);
  cloud.advance(hour);
  await b.listen();
  assert.deepEqual(sealedRows(b), []);
  assert.ok((await holders(b, sealed)).includes('btr.sqlite-wal'));
  release();
  await b.messenger.close();
  assert.notDeepEqual(await holders(b, sealed), []);
  assert.deepEqual(await showNow(next, channel), []);
  assert.deepEqual(await holders(b, sealed), []);
  await next.close();
  await b.restart();
});

interface Store {
  readonly home: Home;
  /** Row ids of two channels. */
  readonly channels: readonly [number, number];
  /** The texts that a channel's history still has. */
  texts(channel: number): string[];
}

/** A message that came in and was shown. */
function addShown(home: Home, channel: number, text: string, receivedAt: number, timer?: number): void {
  const common = { channel, kind: frameKinds.text, frameId: randomBytes(16), sentAt: receivedAt, receivedAt, timer };
  const id = home.messages.add({ ...common, content: Buffer.from(text) }, false);
  home.messages.markShown([id], receivedAt);
}

async function withStore(work: (store: Store) => void): Promise<void> {
  await using folder = await Folder.make();
  const path = folder.join('home');
  const messenger = await Messenger.create({ home: path, name: 'me' });
  for (const name of ['one', 'two']) {
    const drop = { kind: 'folder', path: folder.path };
    await messenger.addChannel({ name, role: 'a', suite: 'btrchat', pin: '1234', drop });
  }
  await messenger.close();
  const home = await Home.open(path, undefined);
  try {
    const [one, two] = home.channels.list();
    assert.ok(one && two);
    const texts = (id: number) => [...home.messages.list(id, { now: 0 })].map(({ content }) => content.toString());
    work({ home, channels: [one.id, two.id], texts });
  } finally {
    home.close();
  }
}

test('by age only the old rows of one channel go; one from a clock that was ahead holds nothing up', () =>
  withStore(({ home, channels: [one, two], texts }) => {
    home.db.transaction(() => {
      addShown(home, one, 'old', now - 3 * hour);
      addShown(home, one, 'from next year', now + 365 * 24 * hour);
      addShown(home, one, 'old, too', now - 2 * hour);
      addShown(home, one, 'just old', now - hour);
      addShown(home, one, 'young', now - hour + 1);
      addShown(home, two, 'of another', now - 3 * hour);
    });
    const visible = [...home.messages.list(one, { now, cutoff: now - hour })].map(({ content }) => content.toString());
    assert.deepEqual(visible, ['from next year', 'young'], 'before anything is deleted');
    const old = findOld(home.db, one, now - hour, now);
    assert.equal(hasOld(home.db, old), true);
    const counts = [2, 2].map((most) => home.db.transaction(() => removeOld(home.db, old, most)).length);
    assert.deepEqual(counts, [2, 1]);
    assert.equal(hasOld(home.db, old), false);
    assert.deepEqual([texts(one), texts(two)], [['from next year', 'young'], ['of another']]);
  }));

test('timers end in all channels, so many at a time', () =>
  withStore(({ home, channels: [one, two], texts }) => {
    home.db.transaction(() => {
      for (const id of [one, two]) {
        for (const text of ['a', 'b']) addShown(home, id, text, now, hour);
        addShown(home, id, 'stays', now);
      }
    });
    assert.equal(hasExpired(home.db, now + hour - 1), false);
    const counts: number[] = [];
    while (hasExpired(home.db, now + hour)) {
      counts.push(home.db.transaction(() => removeExpired(home.db, now + hour, 3)).length);
    }
    assert.deepEqual(counts, [3, 1]);
    assert.deepEqual([texts(one), texts(two)], [['stays'], ['stays']]);
  }));

test('a timer runs from the first showing, however often a message is marked as shown', () =>
  withStore(({ home, channels: [one] }) => {
    home.db.transaction(() => {
      addShown(home, one, 'again', now, hour);
      const [message] = home.messages.list(one, { now });
      assert.ok(message);
      home.messages.markShown([message.id], now + hour - 1);
    });
    assert.equal(hasExpired(home.db, now + hour), true);
  }));

test('the newest so many are counted among those that are still there', () =>
  withStore(({ home, channels: [one] }) => {
    home.db.transaction(() => {
      addShown(home, one, 'first', now);
      addShown(home, one, 'timed', now, hour);
      addShown(home, one, 'last', now);
    });
    const list = (at: number) =>
      [...home.messages.list(one, { now: at, last: 2 })].map(({ content }) => content.toString());
    assert.deepEqual(
      [list(now), list(now + hour)],
      [
        ['timed', 'last'],
        ['first', 'last'],
      ],
    );
  }));

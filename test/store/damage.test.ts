/** Homes that can't be used: of a newer version, damaged, or changed by somebody who has the file but not the key. */
import assert from 'node:assert/strict';
import { open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { createMemoryCloud } from '../../client/drops/memory/cloud.ts';
import { Messenger } from '../../client/messenger/index.ts';
import { channelKey, Folder, historyTexts, homeWithChannel } from './support.ts';

const damaged = { code: 'home-damaged', kind: 'setup' };
const altered = { code: 'store-altered', kind: 'security' };

/** A closed home with a channel `bob` and two messages. */
async function makeHome(folder: Folder): Promise<{ home: string; store: string }> {
  const home = folder.join('home');
  const cloud = createMemoryCloud();
  const messenger = await homeWithChannel({ home, openDrop: async () => cloud.drop('a') }, 'bob', 'a');
  await messenger.queue('bob', ['first', 'second']);
  await messenger.close();
  return { home, store: folder.join('home', 'btr.sqlite') };
}

async function withSql<T>(store: string, work: (db: DatabaseSync) => T): Promise<T> {
  // Whoever alters a file is not held up by its foreign keys.
  const db = new DatabaseSync(store, { enableForeignKeyConstraints: false });
  try {
    return work(db);
  } finally {
    db.close();
  }
}

/** Opens the home and reads everything that `btr history` reads. */
async function readAll(home: string): Promise<string[]> {
  const messenger = await Messenger.open({ home });
  try {
    return historyTexts(messenger, 'bob');
  } finally {
    await messenger.close();
  }
}

test('a store of a newer version is refused and stays as it is', async () => {
  await using folder = await Folder.make();
  const { home, store } = await makeHome(folder);
  const version = await withSql(store, (db) => {
    const { user_version: current } = db.prepare('PRAGMA user_version').get() ?? {};
    db.exec(`PRAGMA user_version = ${Number(current) + 1}`);
    return Number(current);
  });
  const before = await readFile(store);
  await assert.rejects(Messenger.open({ home }), { code: 'home-newer', kind: 'setup', exitCode: 3 });
  assert.deepEqual(await readFile(store), before);
  await withSql(store, (db) => db.exec(`PRAGMA user_version = ${version}`));
  assert.deepEqual(await readAll(home), ['first', 'second']);
});

test('a file that is not a store any more is called damaged', async () => {
  await using folder = await Folder.make();
  const { home, store } = await makeHome(folder);
  const good = await readFile(store);
  const cases: [string, () => Promise<void>][] = [
    ['its head overwritten', () => writeFile(store, Buffer.concat([Buffer.alloc(100, 0xff), good.subarray(100)]))],
    ['text in its place', () => writeFile(store, 'this is no database, and has never been one'.repeat(100))],
    ['its tail cut off', () => truncate(store, 4096)],
    ['its schema overwritten', () => overwrite(store, 100, Buffer.alloc(3996, 0xaa))],
    ['gone', () => rm(store)],
  ];
  for (const [what, damage] of cases) {
    await writeFile(store, good);
    await damage();
    await assert.rejects(readAll(home), damaged, what);
  }
  await writeFile(store, good);
  assert.deepEqual(await readAll(home), ['first', 'second']);
});

async function overwrite(path: string, offset: number, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, offset);
  await file.close();
}

test('two messages that change places are noticed', async () => {
  await using folder = await Folder.make();
  const { home, store } = await makeHome(folder);
  await withSql(store, (db) => {
    const rows = db.prepare('SELECT id, sealed FROM messages ORDER BY id').all();
    assert.equal(rows.length, 2);
    const update = db.prepare('UPDATE messages SET sealed = ? WHERE id = ?');
    update.run(rows[0]?.sealed ?? null, rows[1]?.id ?? null);
    update.run(rows[1]?.sealed ?? null, rows[0]?.id ?? null);
  });
  await assert.rejects(readAll(home), altered);
});

/** Rows of one table, taken before a change of the channel, are put back after it. */
async function putBack(home: string, store: string, table: string): Promise<void> {
  const rows = await withSql(store, (db) => db.prepare(`SELECT * FROM ${table}`).all());
  assert.equal(rows.length, 1);
  const messenger = await Messenger.open({ home });
  await messenger.rekeyChannel('bob', '4712', channelKey);
  await messenger.close();
  await withSql(store, (db) => {
    const [row = {}] = rows;
    const columns = Object.keys(row);
    const places = columns.map(() => '?').join(', ');
    db.prepare(`INSERT OR REPLACE INTO ${table} (${columns.join(', ')}) VALUES (${places})`).run(...Object.values(row));
  });
}

for (const table of ['channels', 'sessions', 'heads']) {
  test(`an older row of ${table} put back alone is noticed`, async () => {
    await using folder = await Folder.make();
    const { home, store } = await makeHome(folder);
    await putBack(home, store, table);
    await assert.rejects(readAll(home), altered);
  });
}

test('a head that was removed is noticed', async () => {
  await using folder = await Folder.make();
  const { home, store } = await makeHome(folder);
  await withSql(store, (db) => db.exec('DELETE FROM heads'));
  await assert.rejects(readAll(home));
});

test('a session that was removed is noticed', async () => {
  await using folder = await Folder.make();
  const { home, store } = await makeHome(folder);
  await withSql(store, (db) => db.exec('DELETE FROM sessions'));
  await assert.rejects(readAll(home), altered);
});

test('a store put beside the key of another home does not open', async () => {
  await using folder = await Folder.make();
  const { home, store } = await makeHome(folder);
  const other = await Messenger.create({ home: folder.join('other'), name: 'eve' });
  await other.close();
  await writeFile(folder.join('other', 'btr.sqlite'), await readFile(store));
  await assert.rejects(readAll(folder.join('other')), (error) => error instanceof Error && 'code' in error);
  assert.deepEqual(await readAll(home), ['first', 'second']);
});

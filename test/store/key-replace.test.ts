/** A key file is replaced whole or not at all, and the old bytes do not stay. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { link, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from '../../client/store/database.ts';
import { replaceKeyFile, temporaryKeyPath, tidyKeyFile } from '../../client/store/key-replace.ts';
import { chanceFor, killCount, timeFor } from '../kill/kills.ts';
import { seed } from '../tools/seed.ts';
import { Folder, startScript } from './support.ts';

const skipModes = process.platform === 'win32' && 'Windows has no file modes';

async function setUp(folder: Folder, text: string) {
  await writeFile(folder.join('key'), text, { mode: 0o600 });
  return { path: folder.join('key'), db: new Database(folder.join('store')) };
}

test('the new text takes the place of the old one, whose bytes are overwritten', { skip: skipModes }, async () => {
  await using folder = await Folder.make();
  const { db, path } = await setUp(folder, 'the old key');
  // Another name for the old file shows what became of its bytes.
  await link(path, folder.join('old'));
  replaceKeyFile(db, path, 'the old key', 'the new key, and longer');
  db.close();
  assert.equal(await readFile(path, 'utf8'), 'the new key, and longer');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const old = await readFile(folder.join('old'));
  assert.equal(old.length, 'the old key'.length);
  assert.ok(!old.includes('old') && !old.includes('key'));
  assert.deepEqual((await readdir(folder.path)).sort(), ['key', 'old', 'store']);
});

test('a file that somebody else has changed meanwhile stays as it is', async () => {
  await using folder = await Folder.make();
  const { db, path } = await setUp(folder, 'changed');
  assert.throws(() => replaceKeyFile(db, path, 'read before', 'mine'), { code: 'home-busy', kind: 'setup' });
  db.close();
  assert.equal(await readFile(path, 'utf8'), 'changed');
  assert.deepEqual((await readdir(folder.path)).sort(), ['key', 'store']);
});

test('what a process left that was killed is destroyed by the next one', async () => {
  await using folder = await Folder.make();
  const { db, path } = await setUp(folder, 'good');
  const left = temporaryKeyPath(path);
  await writeFile(left, 'a key as it is');
  await link(left, folder.join('watched'));
  tidyKeyFile(db, path);
  assert.equal(existsSync(left), false);
  assert.ok(!(await readFile(folder.join('watched'))).includes('key'));
  await writeFile(left, 'half');
  replaceKeyFile(db, path, 'good', 'better');
  assert.equal(existsSync(left), false);
  assert.equal(await readFile(path, 'utf8'), 'better');
  db.close();
});

const kills = killCount(1);

test(`killed at any point, one of the two key files is there whole (seed ${seed})`, timeFor(kills), async () => {
  await using folder = await Folder.make();
  const texts = [`one ${'1'.repeat(140)}`, `other ${'2'.repeat(140)}`];
  const { db, path } = await setUp(folder, String(texts[0]));
  const chance = chanceFor('key file');
  const met = new Set<string>();
  for (let count = 0; count < kills; count++) {
    await using worker = startScript('replace-keys.ts', folder.join('store'), path, ...texts);
    assert.equal(await worker.line(), 'ready');
    await sleep(chance.below(30));
    await worker.kill();
    const text = await readFile(path, 'utf8');
    assert.ok(texts.includes(text), `it holds ${text.length} characters: ${text}`);
    met.add(`${text.slice(0, 3)} ${existsSync(temporaryKeyPath(path))}`);
    tidyKeyFile(db, path);
    assert.equal(existsSync(temporaryKeyPath(path)), false);
  }
  db.close();
  assert.ok(met.size > 1 || kills < 5, `the kills all fell on the same point: ${[...met]}`);
});

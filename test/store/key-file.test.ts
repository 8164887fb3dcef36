import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { assertNoKeyFile, createKeyFile, isWrapped, openKeyFile } from '../../client/store/key-file.ts';
import { Folder } from './support.ts';

const damaged = { code: 'home-damaged', kind: 'setup' };

test('a key comes back from its file, as it is or wrapped', async () => {
  await using folder = await Folder.make();
  const [open, wrapped] = [folder.join('open'), folder.join('wrapped')];
  const key = await createKeyFile(open, {});
  assert.equal(key.length, 32);
  assert.deepEqual(await openKeyFile(open, undefined), key);
  assert.deepEqual(await openKeyFile(open, 'needless'), key);
  assert.equal(await isWrapped(open), false);

  const other = await createKeyFile(wrapped, { passphrase: 'correct horse' });
  assert.notDeepEqual(other, key);
  assert.deepEqual(await openKeyFile(wrapped, 'correct horse'), other);
  assert.equal(await isWrapped(wrapped), true);
  const text = await readFile(wrapped);
  for (const encoding of ['base64', 'base64url', 'hex'] as const) {
    assert.equal(text.includes(other.toString(encoding)), false, encoding);
  }
});

test('only the owner may read it', { skip: process.platform === 'win32' && 'Windows has no file modes' }, async () => {
  await using folder = await Folder.make();
  await createKeyFile(folder.join('key'), {});
  assert.equal((await stat(folder.join('key'))).mode & 0o777, 0o600);
});

test('without the passphrase, or with another, it does not open', async () => {
  await using folder = await Folder.make();
  const path = folder.join('key');
  await createKeyFile(path, { passphrase: 'correct horse' });
  const before = await readFile(path);
  await assert.rejects(openKeyFile(path, undefined), { code: 'home-locked', kind: 'setup' });
  for (const wrong of ['', 'Correct horse', 'correct horse ']) {
    await assert.rejects(openKeyFile(path, wrong), { code: 'wrong-passphrase', kind: 'setup' });
  }
  assert.deepEqual(await readFile(path), before);
});

test('an existing key is never overwritten', async () => {
  await using folder = await Folder.make();
  const path = folder.join('key');
  await assertNoKeyFile(path);
  const key = await createKeyFile(path, {});
  await assert.rejects(createKeyFile(path, {}), { code: 'home-exists', kind: 'setup' });
  await assert.rejects(assertNoKeyFile(path), { code: 'home-exists', kind: 'setup' });
  assert.deepEqual(await openKeyFile(path, undefined), key);
});

test('of two that make a key at the same moment, one does', async () => {
  await using folder = await Folder.make();
  const path = folder.join('key');
  const results = await Promise.allSettled([createKeyFile(path, {}), createKeyFile(path, {})]);
  const made = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  assert.equal(made.length, 1);
  assert.deepEqual(await openKeyFile(path, undefined), made[0]);
});

test('a file that is not a whole key file is called damaged', async () => {
  await using folder = await Folder.make();
  const path = folder.join('key');
  await createKeyFile(path, { passphrase: 'correct horse' });
  const good: Record<string, unknown> = JSON.parse(await readFile(path, 'utf8'));
  const { salt, nonce, ...bare } = good;
  const texts = [
    '',
    'null',
    '[]',
    '"key"',
    '{',
    JSON.stringify(good).slice(0, -1),
    ...[
      { ...good, version: 2 },
      { ...good, key: 'AAAA' },
      { ...good, key: 5 },
      { ...good, key: `${good.key}!` },
      { ...good, salt: 'AAAA' },
      { ...good, salt: null },
      { ...good, nonce: '' },
      { ...bare, salt },
      { ...bare, nonce },
      // A wrapped key without its wrapping is no master key.
      bare,
    ].map((value) => JSON.stringify(value)),
  ];
  for (const text of texts) {
    await writeFile(path, text);
    await assert.rejects(openKeyFile(path, 'correct horse'), damaged, text);
    await assert.rejects(isWrapped(path), damaged, text);
  }
});

test('what stands in the way is said: no home, a folder or a file in its place', async () => {
  await using folder = await Folder.make();
  await assert.rejects(openKeyFile(folder.join('nowhere', 'key'), undefined), { code: 'no-home', kind: 'setup' });
  await mkdir(folder.join('key'));
  await assert.rejects(openKeyFile(folder.join('key'), undefined), { code: 'home-unusable', kind: 'setup' });
  await writeFile(folder.join('file'), '');
  await assert.rejects(openKeyFile(folder.join('file', 'key'), undefined), { code: 'home-unusable', kind: 'setup' });
  await assert.rejects(createKeyFile(folder.join('file', 'key'), {}), { code: 'home-unusable', kind: 'setup' });
});

const asRoot = process.getuid?.() === 0 && 'root may write everywhere';

test('a folder that may not be written to is said to be one', { skip: asRoot }, async () => {
  await using folder = await Folder.make();
  await mkdir(folder.join('home'));
  await chmod(folder.join('home'), 0o500);
  const made = createKeyFile(folder.join('home', 'key'), {});
  await assert.rejects(made, { code: 'home-unusable', kind: 'setup' });
  assert.deepEqual(await readdir(folder.join('home')), []);
});

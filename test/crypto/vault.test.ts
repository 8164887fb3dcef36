import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Cell, Vault } from '../../client/crypto/vault.ts';

const altered = { code: 'store-altered', kind: 'security' };
const master = randomBytes(32);
const vault = new Vault(master);
const cell: Cell = { table: 'messages', column: 'sealed', row: 7, generation: 3 };
const text = Buffer.from('what was said');

test('a cell opens to what was sealed, by any vault of the same key', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.deepEqual(Uint8Array.from(new Vault(master).open(cell, vault.seal(cell, bytes))), bytes);
    }),
  );
  assert.deepEqual(vault.openJson(cell, vault.sealJson(cell, { name: 'bob', list: [1, 2] })), {
    name: 'bob',
    list: [1, 2],
  });
});

test('sealed twice, the same text looks different, and never like itself', () => {
  const [one, other] = [vault.seal(cell, text), vault.seal(cell, text)];
  assert.notDeepEqual(one, other);
  assert.equal(one.includes(text), false);
  assert.equal(one.length, text.length + 29);
});

test('a cell put into another table, column, row or generation does not open', () => {
  const sealed = vault.seal(cell, text);
  const places: Cell[] = [
    { ...cell, table: 'files' },
    { ...cell, column: 'other' },
    { ...cell, row: 8 },
    { ...cell, row: '7 ' },
    { ...cell, generation: 2 },
    { ...cell, generation: 4 },
    { table: 'messages', column: 'sealed', row: 7 },
  ];
  for (const place of places) assert.throws(() => vault.open(place, sealed), altered, JSON.stringify(place));
});

test('an older generation put back does not open as the newer one', () => {
  const older = vault.seal({ ...cell, generation: 3 }, Buffer.from('old'));
  const newer = vault.seal({ ...cell, generation: 4 }, Buffer.from('new'));
  assert.throws(() => vault.open({ ...cell, generation: 4 }, older), altered);
  assert.equal(vault.open({ ...cell, generation: 4 }, newer).toString(), 'new');
});

test('every byte altered, every truncation and another master key are refused', () => {
  const sealed = vault.seal(cell, text);
  for (let index = 0; index < sealed.length; index++) {
    const copy = Buffer.from(sealed);
    copy[index] = (copy[index] ?? 0) ^ 0x80;
    assert.throws(() => vault.open(cell, copy), altered, `byte ${index}`);
    assert.throws(() => vault.open(cell, sealed.subarray(0, index)), altered, `${index} bytes`);
  }
  assert.throws(() => vault.open(cell, Buffer.concat([sealed, Buffer.of(0)])), altered);
  assert.throws(() => new Vault(randomBytes(32)).open(cell, sealed), altered);
});

test('names are found by a tag that depends on key, table and name, not on how it was typed', () => {
  const tag = vault.tag('channels', 'caf\u00e9');
  assert.equal(tag.length, 32);
  assert.deepEqual(vault.tag('channels', 'cafe\u0301'), tag);
  assert.notDeepEqual(vault.tag('channels', 'cafe'), tag);
  assert.notDeepEqual(vault.tag('transfers', 'caf\u00e9'), tag);
  assert.notDeepEqual(new Vault(randomBytes(32)).tag('channels', 'caf\u00e9'), tag);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RandomPool } from '../../client/crypto/random-pool.ts';

test('a pool never hands out a value twice, nor changes one that it handed out', () => {
  const pool = new RandomPool(12);
  const values = Array.from({ length: 2000 }, () => pool.take());
  const texts = values.map((value) => value.toString('hex'));
  assert.ok(texts.every((text) => text.length === 24));
  assert.equal(new Set(texts).size, values.length);
  assert.deepEqual(
    values.map((value) => value.toString('hex')),
    texts,
  );
});

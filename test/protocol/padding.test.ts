import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyTextSizes, bytesInText, paddedBytes } from '../../client/protocol/padding.ts';

const KiB = 1024;

test('a body as text is 1, 4, 16, 64, 256 KiB or 1 MiB, exactly', () => {
  assert.deepEqual([...bodyTextSizes], [KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, 1024 * KiB]);
  for (const size of bodyTextSizes) {
    assert.equal(Buffer.alloc(bytesInText(size)).toString('base64url').length, size);
  }
});

test('a length becomes the next size, and none is exceeded before it must be', () => {
  assert.equal(paddedBytes(0), 768);
  for (const [index, size] of bodyTextSizes.entries()) {
    const bytes = bytesInText(size);
    assert.equal(paddedBytes(bytes), bytes);
    assert.equal(paddedBytes(bytes - 1), bytes);
    const next = bodyTextSizes[index + 1];
    assert.equal(paddedBytes(bytes + 1), next === undefined ? KiB * KiB : bytesInText(next));
  }
});

test('past the largest body it is the next power of two', () => {
  assert.equal(paddedBytes(KiB * KiB), KiB * KiB);
  assert.equal(paddedBytes(KiB * KiB + 1), 2 * KiB * KiB);
  assert.equal(paddedBytes(64 * KiB * KiB - 1), 64 * KiB * KiB);
});

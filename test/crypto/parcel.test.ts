import assert from 'node:assert/strict';
import { createDecipheriv, createHash, createSecretKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CHUNK_BYTES,
  CHUNK_OVERHEAD,
  type ChunkPlace,
  chunkCount,
  chunkSeal,
  hashTags,
  MAX_PARCEL_BYTES,
  openChunk,
  plainSize,
  sealChunk,
  storedSize,
} from '../../client/crypto/parcel.ts';

const keyBytes = randomBytes(32);
const key = createSecretKey(keyBytes);
const place: ChunkPlace = { parcelId: randomBytes(16), index: 3, final: false };

function sealed(plaintext: Uint8Array, at: ChunkPlace = place): Buffer {
  const chunk = Buffer.alloc(plaintext.length + CHUNK_OVERHEAD);
  chunk.set(plaintext, 12);
  sealChunk(key, at, randomBytes(12), chunk);
  return chunk;
}

test('the stored size is computable beforehand, and back', () => {
  assert.equal(storedSize(0), 28);
  assert.equal(storedSize(CHUNK_BYTES), CHUNK_BYTES + 28);
  assert.equal(storedSize(CHUNK_BYTES + 1), CHUNK_BYTES + 1 + 56);
  assert.equal(chunkCount(0), 1);
  assert.equal(chunkCount(2 * CHUNK_BYTES), 2);
  for (const nonsense of [-1, 0.5, Number.NaN, MAX_PARCEL_BYTES + 1]) {
    assert.throws(() => chunkCount(nonsense), RangeError);
  }
  for (const nothing of [0, 27, CHUNK_BYTES + 29, -5, 28.5]) assert.equal(plainSize(nothing), undefined);
  fc.assert(fc.property(fc.integer({ min: 0, max: MAX_PARCEL_BYTES }), (size) => plainSize(storedSize(size)) === size));
});

test('a chunk of any length opens to what was sealed', () => {
  for (const length of [0, 1, 15, 16, 65_535, 65_536, 65_537, CHUNK_BYTES - 1, CHUNK_BYTES]) {
    const plaintext = randomBytes(length);
    const chunk = sealed(plaintext);
    assert.equal(Buffer.compare(openChunk(key, place, chunk), plaintext), 0, `length ${length}`);
  }
  assert.throws(() => sealed(randomBytes(CHUNK_BYTES + 1)), RangeError);
  assert.throws(() => openChunk(key, place, Buffer.alloc(27)), RangeError);
});

test('the layout is nonce, ciphertext, tag, with id, index and flag as associated data', () => {
  const parcelId = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
  const chunk = sealed(Buffer.from('below the radar'), { parcelId, index: 0x0102030405, final: true });
  const decipher = createDecipheriv('aes-256-gcm', keyBytes, chunk.subarray(0, 12));
  decipher.setAAD(Buffer.from(`${parcelId.toString('hex')}000000010203040501`, 'hex'));
  decipher.setAuthTag(chunk.subarray(-16));
  const opened = Buffer.concat([decipher.update(chunk.subarray(12, -16)), decipher.final()]);
  assert.equal(opened.toString(), 'below the radar');
});

test('a chunk opens at no other place and under no other key, and leaves nothing unverified behind', () => {
  const plaintext = randomBytes(100_000);
  const elsewhere: ChunkPlace[] = [
    { ...place, index: 4 },
    { ...place, index: 2 ** 33 + 3 },
    { ...place, final: true },
    { ...place, parcelId: randomBytes(16) },
  ];
  for (const other of elsewhere) {
    const chunk = sealed(plaintext);
    assert.throws(() => openChunk(key, other, chunk), { name: 'BtrError', code: 'parcel-altered', kind: 'security' });
    assert.ok(chunk.subarray(12, -16).every((byte) => byte === 0));
  }
  assert.throws(() => openChunk(createSecretKey(randomBytes(32)), place, sealed(plaintext)), {
    code: 'parcel-altered',
  });
});

test('any altered bit, and any missing byte, is noticed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), fc.integer({ min: 0, max: 7 }), (plaintext, at, bit) => {
      const chunk = sealed(plaintext);
      const position = at % chunk.length;
      chunk[position] = (chunk[position] ?? 0) ^ (1 << bit);
      assert.throws(() => openChunk(key, place, chunk), { code: 'parcel-altered' });
      if (plaintext.length > 0) {
        assert.throws(() => openChunk(key, place, sealed(plaintext).subarray(0, -1)), { code: 'parcel-altered' });
      }
    }),
  );
});

test('the same plaintext under the same nonce gives the same seal, other plaintext another', () => {
  const chunk = sealed(randomBytes(1000));
  const plaintext = Buffer.from(openChunk(key, place, Buffer.from(chunk)));
  const again = Buffer.alloc(chunk.length);
  again.set(plaintext, 12);
  sealChunk(key, place, chunkSeal(chunk).subarray(0, 12), again);
  assert.deepEqual(again, chunk);
  plaintext[500] = (plaintext[500] ?? 0) ^ 1;
  again.set(plaintext, 12);
  sealChunk(key, place, chunkSeal(chunk).subarray(0, 12), again);
  assert.notDeepEqual(chunkSeal(again), chunkSeal(chunk));
});

test('the hash over all tags covers the tags in order, however the seals come in runs', () => {
  const chunks = [1, 2, 3].map((length) => sealed(randomBytes(length)));
  const expected = createHash('sha256')
    .update(Buffer.concat(chunks.map((chunk) => chunk.subarray(-16))))
    .digest();
  const seals = chunks.map(chunkSeal);
  assert.deepEqual(hashTags(seals), expected);
  assert.deepEqual(hashTags([Buffer.concat(seals.slice(0, 2)), ...seals.slice(2)]), expected);
  assert.notDeepEqual(hashTags([...seals].reverse()), expected);
  assert.throws(() => hashTags([new Uint8Array(27)]), RangeError);
});

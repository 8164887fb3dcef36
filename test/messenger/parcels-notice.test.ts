import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeFileNotice, encodeFileNotice, type FileNotice, fileTypes } from '../../client/protocol/file-notice.ts';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';

const expiresAt = Date.UTC(2026, 10, 5, 12, 30);
const sample: FileNotice = {
  id: new Uint8Array(16).fill(1),
  type: 'file',
  name: 'photo.jpg',
  mediaType: 'image/jpeg',
  key: new Uint8Array(32).fill(2),
  objectKey: formatParcelKey('a', expiresAt, new Uint8Array(16).fill(3)),
  chunks: 3,
  size: 2 * 1_048_576 + 5,
  tagsHash: new Uint8Array(32).fill(4),
  expiresAt,
  burn: true,
};
const malformed = { kind: 'security', code: 'malformed' };

const notices: fc.Arbitrary<FileNotice> = fc
  .record({
    id: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    type: fc.constantFrom(...fileTypes),
    name: fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
    key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    role: fc.constantFrom('a' as const, 'b' as const),
    random: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    size: fc.integer({ min: 0, max: 2 ** 50 }),
    tagsHash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    expiresAt: fc.integer({ min: 0, max: Date.UTC(2500, 0) }),
    burn: fc.boolean(),
    mediaType: fc.constantFrom(undefined, 'text/plain', 'application/vnd.a+b.c-d'),
  })
  .map(({ role, random, mediaType, ...rest }) => ({
    ...rest,
    ...(mediaType === undefined ? {} : { mediaType }),
    objectKey: formatParcelKey(role, rest.expiresAt, random),
    chunks: Math.max(1, Math.ceil(rest.size / 1_048_576)),
  }));

test('a notice comes back as it was', () => {
  assert.deepEqual(decodeFileNotice(encodeFileNotice(sample)), sample);
  fc.assert(fc.property(notices, (notice) => assert.deepEqual(decodeFileNotice(encodeFileNotice(notice)), notice)));
});

test('what is cut short, longer or of another version is refused', () => {
  const bytes = encodeFileNotice(sample);
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => decodeFileNotice(bytes.subarray(0, length)), malformed, `${length} bytes`);
  }
  assert.throws(() => decodeFileNotice(Buffer.concat([bytes, Buffer.of(0)])), malformed);
  for (const [at, value] of [
    [0, 2],
    [17, 3],
    [bytes.length - 1, 2],
  ] as const) {
    const changed = Buffer.from(bytes);
    changed[at] = value;
    assert.throws(() => decodeFileNotice(changed), malformed, `byte ${at}`);
  }
});

test('a notice that contradicts itself is neither written nor read', () => {
  const wrong: Partial<FileNotice>[] = [
    { chunks: 2 },
    { chunks: 4 },
    { size: 2 ** 50 + 1, chunks: 2 ** 30 + 1 },
    { name: '' },
    { name: 'x'.repeat(1025) },
    { name: '\ud800' },
    { mediaType: 'no type' },
    { mediaType: 'text/plain\n' },
    { objectKey: 'a/../../secret' },
    { objectKey: formatParcelKey('a', expiresAt + 3_600_000, new Uint8Array(16)) },
    { id: new Uint8Array(15) },
    { key: new Uint8Array(31) },
  ];
  for (const change of wrong) {
    assert.throws(() => encodeFileNotice({ ...sample, ...change }), malformed, JSON.stringify(change));
  }
});

test('random bytes never decode to anything, nor break the decoder', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => assert.throws(() => decodeFileNotice(bytes), malformed)),
  );
});

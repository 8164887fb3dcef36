import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteReader, ByteWriter } from '../../client/protocol/bytes.ts';

const malformed = { code: 'malformed', kind: 'security' };

function varint(value: number): Buffer {
  return new ByteWriter().varint(value).finish();
}

test('varints are LEB128 in the shortest form, up to 2^53 - 1', () => {
  assert.equal(varint(0).toString('hex'), '00');
  assert.equal(varint(127).toString('hex'), '7f');
  assert.equal(varint(128).toString('hex'), '8001');
  // The example of the DWARF standard, section 7.6, and of Wikipedia's "LEB128".
  assert.equal(varint(624_485).toString('hex'), 'e58e26');
  assert.equal(varint(Number.MAX_SAFE_INTEGER).toString('hex'), 'ffffffffffffff0f');
  for (const nonsense of [-1, 0.5, Number.NaN, 2 ** 53]) assert.throws(() => varint(nonsense), RangeError);
});

test('a varint that is too long, too large or cut off is refused', () => {
  const refused = ['80', '8000', 'ff00', '808000', 'e58ea600', 'ffffffffffffff10', 'ffffffffffffffffff01', '', 'ff'];
  for (const hex of refused) {
    assert.throws(() => new ByteReader(Buffer.from(hex, 'hex')).varint(), malformed, hex);
  }
  assert.throws(() => new ByteReader(Buffer.alloc(1000, 0x80)).varint(), malformed);
});

test('what the writer wrote, the reader reads', () => {
  fc.assert(
    fc.property(
      fc.maxSafeNat(),
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.nat(255),
      fc.nat(2 ** 31 - 1),
      (number, bytes, text, byte, word) => {
        const written = new ByteWriter(1)
          .varint(number)
          .bytes(bytes)
          .text(text)
          .u8(byte)
          .u32(word)
          .fixed(bytes)
          .finish();
        const reader = new ByteReader(written);
        assert.equal(reader.varint(), number);
        assert.deepEqual(Uint8Array.from(reader.bytes()), bytes);
        assert.equal(reader.text(), text);
        assert.equal(reader.u8(), byte);
        assert.equal(reader.u32(), word);
        assert.equal(reader.left, bytes.length);
        assert.deepEqual(Uint8Array.from(reader.rest()), bytes);
        reader.end();
      },
    ),
  );
});

test('a length beyond the end, bytes left over and text that is not UTF-8 are refused', () => {
  assert.throws(() => new ByteReader(Buffer.of(3, 1, 2)).bytes(), malformed);
  assert.throws(() => new ByteReader(Buffer.of(0xff, 0xff, 0xff, 0xff, 0x0f)).bytes(), malformed);
  assert.throws(() => new ByteReader(Buffer.of(1)).u32(), malformed);
  assert.throws(() => new ByteReader(Buffer.of(1)).end(), malformed);
  for (const hex of ['01ff', '02c080', '03eda080', '02c3']) {
    assert.throws(() => new ByteReader(Buffer.from(hex, 'hex')).text(), malformed, hex);
  }
  // A byte order mark is a character like any other.
  assert.equal(new ByteReader(Buffer.from('03efbbbf', 'hex')).text(), '\ufeff');
});

test('a reader over a part of a buffer stays within it', () => {
  const whole = Buffer.from('000102030405', 'hex');
  const reader = new ByteReader(whole.subarray(2, 4));
  assert.equal(reader.left, 2);
  assert.deepEqual([reader.u8(), reader.u8()], [2, 3]);
  assert.throws(() => reader.u8(), malformed);
});

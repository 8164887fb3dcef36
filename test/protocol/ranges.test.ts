import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteWriter } from '../../client/protocol/bytes.ts';
import { maxSeq } from '../../client/protocol/frames.ts';
import {
  decodeAcknowledgements,
  decodeGone,
  decodeResend,
  encodeAcknowledgements,
  encodeGone,
  encodeResend,
  formatRanges,
  gaps,
  maxRanges,
  type Range,
  toRanges,
} from '../../client/protocol/ranges.ts';

const malformed = { code: 'malformed', kind: 'security' };
const stream = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const numbers = fc
  .uniqueArray(fc.integer({ min: 1, max: 400 }), { maxLength: 60 })
  .map((list) => list.sort((one, other) => one - other));

function expand(ranges: readonly Range[]): number[] {
  return ranges.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, index) => first + index));
}

test('numbers become ranges and back', () => {
  assert.deepEqual(toRanges([]), []);
  assert.deepEqual(toRanges([1, 2, 3, 5, 9, 10]), [
    { first: 1, last: 3 },
    { first: 5, last: 5 },
    { first: 9, last: 10 },
  ]);
  fc.assert(fc.property(numbers, (list) => assert.deepEqual(expand(toRanges(list)), list)));
});

test('gaps and what is held make up everything from the next to the highest', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), numbers, (next, list) => {
      const held = list.filter((number) => number > next);
      const missing = expand(gaps(next, toRanges(held)));
      const all = [...missing, ...held].sort((one, other) => one - other);
      const highest = held.at(-1) ?? next - 1;
      assert.deepEqual(all, expand([{ first: next, last: highest }]));
    }),
  );
});

test('ranges read as a person would write them', () => {
  assert.equal(
    formatRanges([
      { first: 3, last: 3 },
      { first: 5, last: 7 },
    ]),
    '3, 5-7',
  );
});

test('acknowledgements, requests and answers decode to what was encoded', () => {
  fc.assert(
    fc.property(fc.nat({ max: maxSeq + 1 }), numbers, fc.nat(), (next, list, attempt) => {
      const ranges = toRanges(list);
      const [first, second] = decodeAcknowledgements(
        encodeAcknowledgements([
          { stream, next, held: ranges },
          { stream: Buffer.alloc(16), next: 1, held: [] },
        ]),
      );
      assert.deepEqual(first, { stream, next, held: ranges });
      assert.deepEqual(second, { stream: Buffer.alloc(16), next: 1, held: [] });
      assert.deepEqual(decodeResend(encodeResend({ stream, attempt, ranges })), { stream, attempt, ranges });
      assert.deepEqual(decodeGone(encodeGone({ stream, ranges })), { stream, ranges });
    }),
  );
});

test('what does not fit into one acknowledgement is left for the next', () => {
  const ranges = Array.from({ length: maxRanges + 1 }, (_, index) => ({ first: 2 * index + 1, last: 2 * index + 1 }));
  assert.deepEqual(decodeGone(encodeGone({ stream, ranges })).ranges, ranges.slice(0, maxRanges));
});

test('cut off, or with bytes left over, each of them is refused', () => {
  const ranges = [
    { first: 2, last: 2 },
    { first: 300, last: 70_000 },
  ];
  const cases = [
    [encodeAcknowledgements([{ stream, next: 2, held: ranges }]), decodeAcknowledgements],
    [encodeResend({ stream, attempt: 1, ranges }), decodeResend],
    [encodeGone({ stream, ranges }), decodeGone],
  ] as const;
  for (const [whole, decode] of cases) {
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => decode(whole.subarray(0, length)), malformed, `${decode.name}, ${length} bytes`);
    }
    assert.throws(() => decode(Buffer.concat([whole, Buffer.of(0)])), malformed, decode.name);
  }
});

test('ranges that overlap, are empty, start at 0, end beyond 2^53 or are too many are refused', () => {
  const ranges = (...fields: number[]) => {
    const writer = new ByteWriter().fixed(stream);
    for (const field of fields) writer.varint(field);
    return writer.finish();
  };
  assert.deepEqual(decodeGone(ranges(1, 5, 1)).ranges, [{ first: 5, last: 5 }]);
  assert.throws(() => decodeGone(ranges(1, 0, 1)), malformed, 'from 0');
  assert.throws(() => decodeGone(ranges(1, 5, 0)), malformed, 'empty');
  assert.throws(() => decodeGone(ranges(2, 5, 1, 0, 1)), malformed, 'overlapping');
  assert.throws(() => decodeGone(ranges(1, Number.MAX_SAFE_INTEGER, 2)), malformed, 'too high');
  assert.throws(() => decodeGone(ranges(maxRanges + 1)), malformed, 'too many');
});

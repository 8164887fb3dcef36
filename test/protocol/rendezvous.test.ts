/** Meeting places: both sides find the same one, whatever their lists and, within bounds, their clocks. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { deriveKey } from '../../client/crypto/keys.ts';
import { meetingOrder, meetingPeriod, meetingPlace, meetingPlaces } from '../../client/protocol/rendezvous.ts';
import vectors from '../vectors/rendezvous.json' with { type: 'json' };

const runs = 10_000;
const seed = 1;
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const tag = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => value.toString(16).padStart(16, '0'));
const tags = fc.uniqueArray(tag, { minLength: 1, maxLength: 8 });
/** Until the year 2100. */
const time = fc.integer({ min: 0, max: 4_102_444_800_000 });
const fixedKey = Buffer.alloc(32, 9);
const fixedTags = Array.from({ length: 5 }, (_, index) => `${index}`.repeat(16));

function holds(property: fc.IProperty<unknown>): void {
  fc.assert(property, { numRuns: runs, seed });
}

test('the known answers', () => {
  const derived = deriveKey(Buffer.from(vectors.root, 'hex'), 'btr meeting place');
  assert.equal(derived.toString('hex'), vectors.key);
  assert.equal(vectors.meetings.length, 5);
  for (const { time: at, order } of vectors.meetings) {
    assert.deepEqual(meetingOrder(derived, vectors.tags, at), order);
    assert.equal(meetingPlace(derived, vectors.tags, at), order[0]);
  }
});

test('the known weight is an HMAC of hour and tag', () => {
  const { time: at, tag: one, weight } = vectors.weight;
  const hours = (at / 3_600_000).toString(16).padStart(16, '0');
  const bytes = Buffer.concat([Buffer.from(hours, 'hex'), Buffer.from(one)]);
  assert.equal(createHmac('sha256', Buffer.from(vectors.key, 'hex')).update(bytes).digest('hex'), weight);
});

test('both sides meet at one place for the whole period, however their lists are ordered', () => {
  const offset = fc.integer({ min: 0, max: meetingPeriod - 1 });
  const shuffled = tags.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
  );
  holds(
    fc.property(key, shuffled, time, offset, (secret, [mine, theirs], at, later) => {
      const start = at - (at % meetingPeriod);
      assert.deepEqual(meetingOrder(secret, mine, start), meetingOrder(secret, theirs, start + later));
    }),
  );
});

test('who looks at the meeting places finds a sender whose clock is off by up to half a period', () => {
  const half = meetingPeriod / 2;
  const off = fc.integer({ min: -half, max: half });
  holds(
    fc.property(key, tags, time, off, (secret, list, at, apart) => {
      const places = meetingPlaces(secret, list, at);
      assert.ok(places.includes(meetingPlace(secret, list, at + apart)));
      assert.ok(places.length <= 2, 'a look at two drops at most');
      assert.equal(places[0], meetingPlace(secret, list, at));
    }),
  );
});

test('removing a drop moves only the meetings that were there', () => {
  holds(
    fc.property(key, tags, time, fc.nat(), (secret, list, at, which) => {
      const removed = list[which % list.length];
      const order = meetingOrder(secret, list, at);
      const rest = list.filter((one) => one !== removed);
      assert.deepEqual(
        meetingOrder(secret, rest, at),
        order.filter((one) => one !== removed),
      );
    }),
  );
});

test('every drop has its share of the meetings, and another key meets elsewhere', () => {
  const counts = new Map<string, number>();
  let same = 0;
  for (let period = 0; period < runs; period++) {
    const place = meetingPlace(fixedKey, fixedTags, period * meetingPeriod);
    counts.set(place, (counts.get(place) ?? 0) + 1);
    if (place === meetingPlace(Buffer.alloc(32, 8), fixedTags, period * meetingPeriod)) same++;
  }
  // 2,000 each on average, with a standard deviation of 40; the key is fixed, so this comes out the same every time.
  for (const one of fixedTags) assert.ok(Math.abs((counts.get(one) ?? 0) - 2000) < 160, `${one}: ${counts.get(one)}`);
  assert.ok(Math.abs(same - 2000) < 160, `${same}`);
});

test('there is no meeting without a drop', () => {
  assert.throws(() => meetingPlace(fixedKey, [], 0), RangeError);
});

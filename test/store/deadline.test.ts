import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deadline } from '../../client/store/deadline.ts';

function clocks() {
  const now = { wall: 1_000_000, monotonic: 50 };
  return { now, clocks: { wall: () => now.wall, monotonic: () => now.monotonic } };
}

test('a deadline is over when its time has passed on both clocks, and not a moment before', () => {
  const { now, clocks: given } = clocks();
  const deadline = new Deadline(1000, given);
  assert.deepEqual([deadline.at, deadline.left, deadline.isOver], [1_001_000, 1000, false]);
  now.wall += 999;
  now.monotonic += 999;
  assert.equal(deadline.isOver, false);
  now.wall += 1;
  now.monotonic += 1;
  assert.equal(deadline.isOver, true);
});

test('setting the wall clock back does not make it longer', () => {
  const { now, clocks: given } = clocks();
  const deadline = new Deadline(1000, given);
  now.wall -= 3_600_000;
  now.monotonic += 1000;
  assert.equal(deadline.isOver, true);
});

test('a sleep, in which the monotonic clock stands still, counts', () => {
  const { now, clocks: given } = clocks();
  const deadline = new Deadline(1000, given);
  now.wall += 3_600_000;
  assert.equal(deadline.isOver, true);
});

test("the machine's own clocks go on", () => {
  const deadline = new Deadline(60_000);
  assert.equal(deadline.isOver, false);
  assert.ok(deadline.left > 0 && deadline.left <= 60_000);
  assert.equal(new Deadline(-1).isOver, true);
});

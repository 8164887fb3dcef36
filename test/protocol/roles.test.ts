import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directionFrom, directionTo, isRole, otherRole } from '../../client/protocol/roles.ts';

test('a sends on a-to-b and receives on b-to-a, b the reverse', () => {
  assert.equal(otherRole('a'), 'b');
  assert.equal(otherRole('b'), 'a');
  assert.equal(directionFrom('a'), 'a-to-b');
  assert.equal(directionFrom('b'), 'b-to-a');
  assert.equal(directionTo('a'), 'b-to-a');
  assert.equal(directionTo('b'), 'a-to-b');
});

test('only a and b are roles', () => {
  assert.ok(isRole('a') && isRole('b'));
  for (const other of ['A', 'c', '', 'ab', undefined, null, 0]) assert.equal(isRole(other), false);
});

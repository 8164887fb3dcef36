import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClientOutput, chooseOutput, isBuddyName, parseOutputs } from '../../client/drops/aws/outputs.ts';
import { BtrError, type ErrorKind } from '../../client/errors.ts';

function output(buddy: string, role: 'a' | 'b', stack = 'Btr-alice-bob'): ClientOutput {
  const url = (direction: string) => `https://sqs.eu-central-1.amazonaws.com/123456789012/${stack}-${direction}.fifo`;
  return {
    btr: 1,
    stack,
    buddy,
    role,
    region: 'eu-central-1',
    account: '123456789012',
    queues: { 'a-to-b': url('a-to-b'), 'b-to-a': url('b-to-a') },
    bucket: 'btr-alice-bob-parcels',
    users: { a: `${stack}-alice`, b: `${stack}-bob` },
  };
}

const alice = output('alice', 'a');
const bob = output('bob', 'b');
const stack = { ClientAlice: JSON.stringify(alice), ClientBob: JSON.stringify(bob), ExpiryFunction: 'something else' };
const file = { 'Btr-alice-bob': stack };

function refused(kind: ErrorKind, code: string, text: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof BtrError);
    assert.equal(error.kind, kind);
    assert.equal(error.code, code);
    assert.match(error.message, text);
    assert.ok(error.hint);
    return true;
  };
}

test('a whole outputs file, one stack of it and a bare value give the same', () => {
  for (const value of [file, stack, bob]) {
    assert.deepEqual(parseOutputs(JSON.stringify(value), { buddy: 'bob' }), bob);
    assert.deepEqual(parseOutputs(JSON.stringify(value), { buddy: 'b' }), bob);
    assert.deepEqual(parseOutputs(JSON.stringify(value, null, 2), { buddy: 'BOB' }), bob);
  }
  assert.deepEqual(chooseOutput(stack, { buddy: 'a' }), alice);
});

test('the buddy may be left out where there is one output', () => {
  assert.deepEqual(parseOutputs(JSON.stringify(alice)), alice);
  assert.deepEqual(parseOutputs(`\uFEFF${JSON.stringify({ S: { ClientAlice: stack.ClientAlice } })}\r\n`), alice);
  assert.throws(() => parseOutputs(JSON.stringify(file)), refused('usage', 'which-buddy', /alice.*bob/));
});

test('a buddy who is not there is said, with those who are', () => {
  assert.throws(
    () => parseOutputs(JSON.stringify(file), { buddy: 'carol' }),
    refused('usage', 'no-such-buddy', /alice/),
  );
  assert.throws(() => parseOutputs(JSON.stringify(bob), { buddy: 'a' }), refused('usage', 'no-such-buddy', /bob/));
});

test('several stacks in a file need a name that only one of them has', () => {
  const carol = output('carol', 'b', 'Btr-alice-carol');
  const other = {
    ClientAlice: JSON.stringify(output('alice', 'a', 'Btr-alice-carol')),
    ClientCarol: JSON.stringify(carol),
  };
  const both = JSON.stringify({ ...file, 'Btr-alice-carol': other, Network: { Vpc: 'vpc-1' } });
  assert.deepEqual(parseOutputs(both, { buddy: 'carol' }), carol);
  assert.throws(
    () => parseOutputs(both, { buddy: 'alice' }),
    refused('usage', 'several-stacks', /Btr-alice-bob, Btr-alice-carol/),
  );
});

test('what is not JSON is refused without being quoted', () => {
  for (const text of ['', 'secret-text', '{"btr":1', JSON.stringify({ S: { ClientBob: 'secret-text' } })]) {
    assert.throws(
      () => parseOutputs(text),
      (error) => {
        assert.ok(error instanceof Error);
        assert.doesNotMatch(`${error.stack} ${String(error.cause)}`, /secret-text/);
        return refused('setup', 'outputs-not-json', /not JSON/)(error);
      },
    );
  }
});

test('other JSON is refused', () => {
  for (const value of [
    null,
    1,
    'text',
    [],
    [alice],
    {},
    { Other: {} },
    { Other: { Url: 'x' } },
    { ClientAlice: alice },
  ]) {
    assert.throws(
      () => parseOutputs(JSON.stringify(value)),
      refused('setup', 'outputs-not-btr', /no outputs of a btr/),
    );
  }
});

test('a newer version is refused, keys that are not known are left out', () => {
  assert.throws(
    () => parseOutputs(JSON.stringify({ btr: 2, stack: 7 })),
    refused('setup', 'outputs-newer', /version 2/),
  );
  assert.deepEqual(parseOutputs(JSON.stringify({ ...bob, later: true })), bob);
});

test('outputs from before the users were told, and those of buddies with roles, are read', () => {
  const { users: _, ...older } = bob;
  assert.deepEqual(parseOutputs(JSON.stringify(older)), older);
  for (const users of [{}, { a: 'Btr-alice-bob-alice' }]) {
    assert.deepEqual(parseOutputs(JSON.stringify({ ...bob, users: { ...users, later: 1 } })), { ...bob, users });
  }
});

const broken: [string, Record<string, unknown>][] = [
  ['btr', { btr: 0 }],
  ['btr', { btr: '1' }],
  ['role', { role: 'c' }],
  ['stack', { stack: '' }],
  ['buddy', { buddy: 'b/ob' }],
  ['region', { region: 'EU' }],
  ['region', { region: undefined }],
  ['account', { account: 123456789012 }],
  ['bucket', { bucket: 'x' }],
  ['queues', { queues: [] }],
  ['a-to-b', { queues: { 'b-to-a': bob.queues['b-to-a'] } }],
  ['b-to-a', { queues: { ...bob.queues, 'b-to-a': 'Btr-alice-bob-b-to-a.fifo' } }],
  ['b-to-a', { queues: { ...bob.queues, 'b-to-a': 'file:///queue.fifo' } }],
  ['b-to-a', { queues: { ...bob.queues, 'b-to-a': 'https://key:secret@sqs.example/queue.fifo' } }],
  ['b-to-a', { queues: { ...bob.queues, 'b-to-a': 'https://sqs.example/not-fifo' } }],
  ['users', { users: 'bob' }],
  ['users', { users: [] }],
  ['b', { users: { b: 7 } }],
  ['b', { users: { b: 'b/ob' } }],
  ['a', { users: { a: '' } }],
  ['same', { queues: { 'a-to-b': bob.queues['a-to-b'], 'b-to-a': bob.queues['a-to-b'] } }],
];
for (const [what, change] of broken) {
  test(`an output with ${JSON.stringify(change)} is refused and says '${what}'`, () => {
    assert.throws(
      () => parseOutputs(JSON.stringify({ ...bob, ...change })),
      refused('setup', 'outputs-malformed', new RegExp(what)),
    );
  });
}

test("buddies' names", () => {
  for (const name of ['a', 'Alice', 'ann-lee', '4ever', 'x'.repeat(20)]) assert.ok(isBuddyName(name), name);
  for (const name of ['', '-a', 'a-', 'a--b', 'a b', 'a_b', 'ä', 'a\n', 'x'.repeat(21)])
    assert.ok(!isBuddyName(name), name);
});

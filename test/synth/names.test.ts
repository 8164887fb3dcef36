import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isBuddyName } from '../../client/drops/aws/outputs.ts';
import { UsageError } from '../../client/errors.ts';
import { type ChannelNames, channelNames } from '../../infra/names.ts';
import { readSettings } from '../../infra/settings.ts';

function refused(field: string, text: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof UsageError);
    assert.ok(error.message.startsWith(`\`${field}\`: `), error.message);
    assert.match(`${error.message} ${error.hint}`, text);
    return true;
  };
}

const read = (settings: Record<string, unknown>) => readSettings({ buddies: 'alice,bob', ...settings }, '/nowhere');

test('different buddies never share a stack', () => {
  assert.equal(channelNames({ a: 'ann', b: 'lee-bob' }).stack, 'Btr-ann-lee--bob');
  assert.equal(channelNames({ a: 'ann-lee', b: 'bob' }).stack, 'Btr-ann--lee-bob');
  assert.equal(channelNames({ a: 'ann', b: 'bob' }, { prefix: 'Our-Team' }).stack, 'Our--Team-ann-bob');
});

/** Few characters, so that parts of one name often stand in another, and what names of other things end in. */
const part = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[xy]{1,2}(-[xy]{1,2}){0,2}$/).filter(isBuddyName) },
  fc.constantFrom('expire', 'alarms', 'expire-errors', 'a-to-b', 'dead', 'a-to-b-dead'),
);
const channel = fc.record({ prefix: part, a: part, b: part });
type Channel = typeof channel extends fc.Arbitrary<infer Value> ? Value : never;

/** What has to be unlike in an account and region, by kind. */
function kinds({ prefix, a, b }: Channel): string[] {
  const names: ChannelNames = channelNames({ a, b }, { prefix });
  const of = (kind: string, all: readonly string[]) => [...new Set(all)].map((name) => `${kind} ${name}`);
  const alarms = [...Object.values(names.alarms.deadLetters), ...Object.values(names.alarms.oldestMessage)];
  return [
    ...of('stack', [names.stack]),
    ...of('queue', [...Object.values(names.queues), ...Object.values(names.deadLetterQueues)]),
    ...of('user or role', [...Object.values(names.principals), names.expiry]),
    ...of('policy', Object.values(names.policies)),
    ...of('function', [names.expiry]),
    ...of('topic', [names.topic]),
    ...of('alarm', [...alarms, names.alarms.expiry]),
  ];
}

test('property: another prefix or another pair has another stack, other queues, users, roles and the rest', () => {
  fc.assert(
    fc.property(channel, channel, (one, other) => {
      fc.pre(JSON.stringify(one) !== JSON.stringify(other));
      const taken = new Set(kinds(one));
      assert.deepEqual(
        kinds(other).filter((name) => taken.has(name)),
        [],
      );
    }),
    { numRuns: 20_000 },
  );
});

test('a buddy is never called like the function, and nobody like the other buddy', () => {
  fc.assert(
    fc.property(channel, ({ prefix, a, b }) => {
      fc.pre(a !== b);
      const { principals, expiry } = channelNames({ a, b }, { prefix });
      assert.equal(new Set([principals.a, principals.b, expiry]).size, 3);
    }),
  );
});

test('names that AWS would refuse are refused before anything is deployed', () => {
  const long = `${'a'.repeat(20)},${'c'.repeat(20)}`;
  assert.throws(() => read({ buddies: long }), refused('buddies', /user.*66 characters; AWS takes 64/));
  const prefix = 'p'.repeat(20);
  assert.throws(
    () => read({ buddies: `${'a'.repeat(18)},${'c'.repeat(18)}`, prefix }),
    refused('prefix', /AWS takes 64/),
  );
  assert.throws(() => read({ aToB: 'q'.repeat(71) }), refused('aToB', /81 characters/));
  assert.equal(read({ aToB: 'q'.repeat(70) })[0]?.names.deadLetterQueues['a-to-b'].length, 80);
  for (const bad of ['1st', 'a--b', 'a_b', '-a', 'p'.repeat(21)]) {
    assert.throws(() => read({ prefix: bad }), refused('prefix', /a letter first/));
  }
  assert.throws(() => read({ bToA: 'two words' }), refused('bToA', /queue can't be named/));
  assert.throws(() => read({ aToB: 'one', bToA: 'one.fifo' }), refused('bToA', /name of another.*`aToB`/));
  assert.throws(() => read({ aToB: 'one', bToA: 'ONE' }), refused('bToA', /name of another.*`aToB`/));
  assert.throws(() => read({ aToB: 'one', bToA: 'one-dead' }), refused('bToA', /name of another.*`aToB`/));
  for (const bad of ['Our-Files', 'ab', 'our.files', 'xn--files', 'files-s3alias', '-files', 'f'.repeat(64)]) {
    assert.throws(() => read({ bucket: bad }), refused('bucket', /bucket/));
  }
});

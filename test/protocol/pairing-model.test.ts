/** Every state that two people, an interceptor and a bad drop can bring a pairing into. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Rules, rules } from '../../client/protocol/pairing.model.ts';
import { inviterStates, joinerStates } from '../../client/protocol/pairing.ts';
import { explore } from './pairing-explore.ts';

test('model: no order of the steps of a pairing breaks what it promises', (t) => {
  const { states, steps, broken, ...found } = explore(rules);
  t.diagnostic(`${states} states, ${steps} steps`);
  assert.equal(broken, undefined);
  assert.ok(states > 100_000, 'the model has shrunk to nothing');
  assert.deepEqual([...found.inviterStates].sort(), [...inviterStates].sort());
  assert.deepEqual([...found.joinerStates].sort(), [...joinerStates, 'none'].sort());
});

const { takeReply, withdraw, joinerNext, joinerSeals } = rules;

/** A broken table or rule, and what it breaks first. */
const mutants: readonly (readonly [name: string, invariant: string, change: Partial<Rules>])[] = [
  [
    'a wrong PIN leaves the invite open',
    'at most one guess at a PIN for each invite',
    {
      takeReply: (state, reply) => {
        const step = takeReply(state, reply);
        return step.refuse === 'wrong-pin' ? { ...step, state } : step;
      },
    },
  ],
  [
    'a closed invite still tells whether a PIN was right',
    'an expired invite tells nothing about its PIN',
    {
      takeReply: (state, reply) =>
        state === 'open' || reply.proven ? takeReply(state, reply) : { state, refuse: 'wrong-pin' },
    },
  ],
  [
    'the PIN is tested before the time',
    'an expired invite tells nothing about its PIN',
    {
      takeReply: (state, reply) =>
        state === 'open' && !reply.proven ? { state: 'burned', refuse: 'wrong-pin' } : takeReply(state, reply),
    },
  ],
  [
    'the time is not looked at',
    'an expired invite tells nothing about its PIN',
    { takeReply: (state, reply) => takeReply(state, { ...reply, expired: false }) },
  ],
  [
    'a wrong PIN is let in',
    'nobody gets in without PIN and own identity',
    { takeReply: (state, reply) => takeReply(state, { ...reply, proven: true }) },
  ],
  [
    'the identity is not looked at',
    'nobody gets in without PIN and own identity',
    { takeReply: (state, reply) => takeReply(state, { ...reply, sameIdentity: true }) },
  ],
  [
    'a second reply is accepted after the first',
    'an invite that was taken back lets nobody in',
    { takeReply: (state, reply) => (state === 'paired' && reply.proven ? { state } : takeReply(state, reply)) },
  ],
  [
    'a burned invite accepts',
    'an invite that is closed stays as it is',
    { takeReply: (state, reply) => takeReply(state === 'burned' ? 'open' : state, reply) },
  ],
  ['an invite that is taken back stays open', 'an invite that was taken back lets nobody in', { withdraw: (s) => s }],
  ['an invite that is taken back unpairs', 'an invite that is closed stays as it is', { withdraw: () => 'burned' }],
  [
    'a second bundle starts another session',
    'both sides believe in the same session once a reply is accepted',
    { joinerNext: (state, input) => joinerNext(state === 'replied' && input === 'bundle' ? 'waiting' : state, input) },
  ],
  [
    'a message is believed before there are keys for it',
    'a joiner is confirmed only by an inviter who accepted it',
    {
      joinerNext: (state, input) =>
        state === 'waiting' && input === 'message' ? 'confirmed' : joinerNext(state, input),
    },
  ],
  [
    'a refusal is the end',
    'what was accepted can talk, whatever was forged',
    { joinerNext: (state, input) => (state === 'refused' ? undefined : joinerNext(state, input)) },
  ],
  [
    'a refusal undoes a confirmation',
    'what is confirmed stays so until another invite is joined',
    { joinerNext: (state, input) => (input === 'refusal' ? 'refused' : joinerNext(state, input)) },
  ],
  [
    'nothing confirms',
    'a new invite always leads to talking',
    { joinerNext: (state, input) => (input === 'message' ? undefined : joinerNext(state, input)) },
  ],
  ['a joiner never seals', 'a new invite always leads to talking', { joinerSeals: () => false }],
  ['a step is committed whatever happened since', 'an invite that is closed stays as it is', { compares: false }],
  ['a refusal drops what was written', 'no text is dropped unseen', { keeps: false }],
  ['new keys leave old bodies as they are', 'a new invite always leads to talking', { sealsAnew: false }],
];

for (const [name, invariant, change] of mutants) {
  test(`model: it is found where ${name}`, () => {
    const { broken } = explore({ ...rules, ...change });
    assert.equal(broken?.invariant, invariant, broken?.path.join('; '));
  });
}

test('model: a joiner seals in just the states in which it has a session and was not refused', () => {
  assert.deepEqual(joinerStates.filter(joinerSeals), ['replied', 'confirmed']);
  assert.deepEqual(
    inviterStates.filter((state) => withdraw(state) === state),
    ['paired', 'burned'],
  );
});

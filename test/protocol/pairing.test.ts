/** The tables of a pairing, line by line. pairing-model.test.ts shows what they add up to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  inviterStates,
  joinerNext,
  joinerStates,
  refusalReasons,
  takeReply,
  withdraw,
} from '../../client/protocol/pairing.ts';

const good = { expired: false, proven: true, sameIdentity: true };

test('pairing: a reply ends an open invite, whatever the reply is', () => {
  assert.deepEqual(takeReply('open', good), { state: 'paired' });
  assert.deepEqual(takeReply('open', { ...good, expired: true }), { state: 'burned', refuse: 'expired' });
  assert.deepEqual(takeReply('open', { ...good, proven: false }), { state: 'burned', refuse: 'wrong-pin' });
  assert.deepEqual(takeReply('open', { ...good, sameIdentity: false }), { state: 'burned', refuse: 'other-identity' });
});

test('pairing: a late reply is told that it is late, and never whether its PIN was right', () => {
  for (const proven of [true, false]) {
    assert.equal(takeReply('open', { expired: true, proven, sameIdentity: false }).refuse, 'expired');
    for (const state of ['paired', 'burned'] as const) {
      assert.deepEqual(takeReply(state, { ...good, proven }), { state, refuse: 'not-open' });
    }
  }
});

test('pairing: what is taken back is burned, and what is over stays as it is', () => {
  assert.deepEqual(inviterStates.map(withdraw), ['burned', 'paired', 'burned']);
});

test('pairing: a joiner goes on by its bundle, a refusal is a hint, and a message is the end of it', () => {
  const table = joinerStates.map((state) =>
    (['bundle', 'refusal', 'message'] as const).map((input) => joinerNext(state, input)),
  );
  assert.deepEqual(table, [
    ['replied', undefined, undefined],
    [undefined, 'refused', 'confirmed'],
    [undefined, undefined, 'confirmed'],
    [undefined, undefined, undefined],
  ]);
});

test('pairing: the bytes of the reasons on the wire stay what they are', () => {
  assert.deepEqual(refusalReasons, ['wrong-pin', 'expired', 'not-open', 'other-identity']);
});

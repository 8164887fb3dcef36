/** The PIN: one try, whoever it is that tries. */
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  assertTalking,
  failure,
  invite,
  join,
  listenInTurn,
  makeStrangers,
  safetyNumber,
  stateOf,
  told,
  wrong,
} from './pairing-support.ts';

test('scenario: a wrong PIN burns the invite, the right one does not help then, and a new invite brings what was written', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  await a.queue('from the inviter, early');
  const first = await invite(a);
  await join(b, first.invite, wrong(first.pin));
  await b.listen();
  await b.send('from the joiner, early');
  await listenInTurn(a, b);
  assert.deepEqual(told(a), ['invite-wrong-pin']);
  assert.deepEqual(told(b), ['replied', 'join-wrong-pin']);
  assert.deepEqual([stateOf(a), stateOf(b)], ['burned', 'refused']);
  assert.equal(await failure(join(b, first.invite, first.pin)), 'invite-used');
  await b.send('from the joiner, while refused');
  assert.deepEqual(a.texts(), []);
  const second = await invite(a);
  await join(b, second.invite, second.pin);
  await listenInTurn(b, a, b, a);
  assert.deepEqual(a.texts(), ['from the joiner, early', 'from the joiner, while refused']);
  assert.deepEqual(b.texts(), ['from the inviter, early']);
  assert.deepEqual([stateOf(a), stateOf(b)], ['paired', 'confirmed']);
  await assertTalking(a, b);
});

test('scenario: nothing at all that can be no PIN is counted as a try', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  const { invite: text, pin } = await invite(a);
  for (const slip of ['', '12345', '1234567', 'abandon', 'no words-these']) {
    assert.equal(await failure(join(b, text, slip)), 'bad-pin');
  }
  await join(b, text, pin);
  await listenInTurn(b, a, b);
  await assertTalking(a, b);
});

test('scenario: a PIN can be typed once more while nothing was answered yet', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  const { invite: text, pin } = await invite(a, { pinForm: 'words' });
  await join(b, text, 'abandon zoo');
  await join(b, text, pin.toUpperCase().replace('-', ' '));
  await listenInTurn(b, a, b);
  await assertTalking(a, b);
});

test('scenario: somebody else who guesses wrong burns the invite, and the buddy is told that it is not open', async () => {
  await using people = await makeStrangers();
  const { cloud, a, b, c } = people;
  const first = await invite(a);
  const [bundle = ''] = cloud.waiting('a-to-b');
  await join(c, first.invite, wrong(first.pin));
  await listenInTurn(c, a);
  assert.deepEqual(told(a), ['invite-wrong-pin']);
  cloud.tamper('a-to-b', () => undefined);
  cloud.inject('a-to-b', bundle);
  await join(b, first.invite, first.pin);
  await b.send('what b wrote');
  await listenInTurn(b, a, b);
  assert.deepEqual(told(a), ['invite-wrong-pin', 'invite-not-open']);
  assert.deepEqual(told(b), ['replied', 'join-not-open']);
  assert.deepEqual(a.texts(), []);
  const second = await invite(a);
  await join(b, second.invite, second.pin);
  await listenInTurn(b, a, b);
  assert.deepEqual(a.texts(), ['what b wrote']);
  await assertTalking(a, b);
});

test('scenario: of two right replies one wins, and the other is told', async () => {
  await using people = await makeStrangers();
  const { cloud, a, b, c } = people;
  const { invite: text, pin } = await invite(a);
  const [bundle = ''] = cloud.waiting('a-to-b');
  cloud.inject('a-to-b', bundle);
  await Promise.all([join(b, text, pin), join(c, text, pin)]);
  await b.listen({ messages: 1 });
  cloud.inject('a-to-b', bundle);
  await c.listen();
  await a.listen();
  assert.deepEqual(told(a), ['joined', 'invite-not-open']);
  const answers = cloud.waiting('a-to-b');
  await b.listen();
  cloud.tamper('a-to-b', () => undefined);
  for (const answer of answers) cloud.inject('a-to-b', answer);
  await c.listen();
  assert.deepEqual([stateOf(b), stateOf(c)], ['confirmed', 'refused']);
  assert.ok(told(c).includes('join-not-open'));
  cloud.tamper('a-to-b', () => undefined);
  await assertTalking(a, b);
  assert.equal(await safetyNumber(a), await safetyNumber(b));
});

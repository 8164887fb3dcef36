/** Pairing anew: only where both sides say so, and never quietly with somebody else. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { makeUnpaired, pairUp } from '../messenger/pair.ts';
import { channel } from '../messenger/person.ts';
import { assertTalking, failure, invite, join, listenInTurn, makeStrangers, safetyNumber } from './pairing-support.ts';
import { within } from './restored-tools.ts';

test('scenario: an invite takes the place of a buddy only with replace, and the identity is another one then', async () => {
  await using people = await makeStrangers();
  const { a, b, c } = people;
  const first = await invite(a);
  await join(b, first.invite, first.pin);
  await listenInTurn(b, a, b);
  const number = await safetyNumber(a);
  const pairings = await a.messenger.pairings();
  await pairings.markVerified(channel, (await pairings.verification(channel)).digits);
  assert.equal(await failure(invite(a)), 'already-joined');
  const next = await invite(a, { replace: true });
  assert.equal(await failure(join(b, next.invite, next.pin)), 'already-joined');
  assert.equal(await safetyNumber(a), number);
  await join(c, next.invite, next.pin);
  await listenInTurn(c, a, c);
  assert.notEqual(await safetyNumber(a), number);
  assert.equal(await safetyNumber(a), await safetyNumber(c));
  assert.equal(a.messenger.pairing(channel)?.verified, false, 'the mark was for the other identity');
  await assertTalking(a, c);
});

test('scenario: both sides may pair anew with replace, and go on under the same identities', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  const first = await invite(a);
  await join(b, first.invite, first.pin);
  await listenInTurn(b, a, b);
  const number = await safetyNumber(a);
  const next = await invite(a, { replace: true });
  await a.send('on its way under the old keys');
  await join(b, next.invite, next.pin, true);
  await listenInTurn(b, a, b, a, b);
  assert.deepEqual(b.texts(), ['on its way under the old keys']);
  assert.equal(await safetyNumber(b), number);
  await assertTalking(a, b);
});

test('scenario: an inviter who lost their home is joined anew, and both start counting from one', async () => {
  await using people = await makeStrangers();
  const { cloud, a, b } = people;
  await pairUp(a, b);
  await assertTalking(a, b);
  await b.queue('never came to the old home');
  const again = await makeUnpaired(cloud, 'a');
  const { invite: text, pin } = await invite(again);
  await join(b, text, pin, true);
  await listenInTurn(b, again, b, again);
  assert.deepEqual(again.texts(), ['never came to the old home']);
  assert.deepEqual(
    again.shown.map(({ seq }) => seq),
    [1],
  );
  await assertTalking(again, b);
  await again.close();
});

test('scenario: a home whose place another has taken is not heard any more', async () => {
  await using people = await makeStrangers();
  const { a, b, c } = people;
  await pairUp(a, b);
  const next = await invite(a, { replace: true });
  await join(c, next.invite, next.pin);
  await listenInTurn(c, a, c);
  await b.send('I am still here');
  await a.listen();
  assert.deepEqual(a.texts(), []);
  await assertTalking(a, c);
});

test('scenario: no session can be started with the bundle of whoever had the place before', async () => {
  await using people = await makeStrangers();
  const { cloud, a, b } = people;
  await pairUp(a, b);
  const bundle = () => within(b, (home, { id }) => home.cells.get(id, 'renewals')?.value);
  assert.ok(holdsBundle(await bundle()));
  const again = await makeUnpaired(cloud, 'a');
  const { invite: text, pin } = await invite(again);
  await join(b, text, pin, true);
  await b.listen();
  assert.ok(!holdsBundle(await bundle()), 'until the new one has sent theirs');
  await listenInTurn(again, b);
  assert.ok(holdsBundle(await bundle()));
  await again.close();
});

function holdsBundle(renewals: unknown): boolean {
  return typeof renewals === 'object' && renewals !== null && 'peer' in renewals;
}

test('scenario: pairing anew with the same identity ends the doubt about it', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  await pairUp(a, b);
  await within(a, ({ channels, db }, known) =>
    db.transaction(() => known.peer && channels.update(known, { peer: { ...known.peer, changed: true } })),
  );
  await pairUp(a, b, true);
  await assertTalking(a, b);
});

test('scenario: roots and sessions of pairings before the last two are gone', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  await pairUp(a, b);
  for (let round = 0; round < 3; round++) {
    await pairUp(a, b, true);
    await assertTalking(a, b);
  }
  for (const { directory } of [a, b]) {
    const db = new DatabaseSync(`${directory}/btr.sqlite`, { readOnly: true });
    const epochs = db.prepare('SELECT epoch FROM sessions ORDER BY epoch').all();
    db.close();
    assert.deepEqual(
      epochs.map(({ epoch }) => epoch),
      [2, 3],
    );
  }
});

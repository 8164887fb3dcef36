/** What somebody who has an invite, or a place between two people, can try. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join as joinPath } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { scalarSeedBytes, startCpace } from '../../client/crypto/cpace.ts';
import { decodeReply, encodeRefusal, encodeReply, type Reply } from '../../client/protocol/pairing-wire.ts';
import { channel } from '../messenger/person.ts';
import {
  assertTalking,
  changedInvite,
  forgeFlight,
  invite,
  join,
  leaveReply,
  listenInTurn,
  makeStrangers,
  openFlight,
  type Strangers,
  sessionOf,
  stateOf,
  told,
} from './pairing-support.ts';

/** b's reply to a's invite, taken out of the drop, and what stands in it. */
async function replyOnItsWay(people: Strangers) {
  const { invite: text, pin, reply: body } = await leaveReply(people);
  people.cloud.tamper('b-to-a', () => undefined);
  return { text, pin, body, reply: decodeReply(openFlight(text, body, 'b').content) };
}

const swaps: readonly (readonly [what: string, notices: string[], swap: (reply: Reply) => Partial<Reply>])[] = [
  ['another share', ['invite-wrong-pin'], () => ({ share: anotherShare() })],
  ['another identity', ['invite-wrong-pin'], () => ({ identity: Buffer.of(5, ...randomBytes(32)) })],
  ['another box', ['invite-wrong-pin'], ({ box }) => ({ box: Buffer.from(box).fill(1, 0, 1) })],
  ['no box', ['invite-wrong-pin'], () => ({ box: Buffer.alloc(0) })],
];

for (const [what, notices, swap] of swaps) {
  test(`scenario: a reply into which somebody put ${what} is refused, and burns the invite`, async () => {
    await using people = await makeStrangers();
    const { cloud, a } = people;
    const { text, body, reply } = await replyOnItsWay(people);
    cloud.inject('b-to-a', forgeFlight(text, 'b', 'reply', encodeReply({ ...reply, ...swap(reply) })));
    cloud.inject('b-to-a', body);
    await a.listen();
    assert.deepEqual(told(a), [...notices, 'invite-not-open']);
    assert.equal(stateOf(a), 'burned');
    assert.equal(a.messenger.pairing(channel)?.paired, false);
  });
}

const uncounted: readonly (readonly [what: string, reason: string, make: (reply: Reply) => Uint8Array])[] = [
  ['of another session', 'other-invite', (reply) => encodeReply({ ...reply, session: randomBytes(16) })],
  ['whose share is no point', 'other-invite', (reply) => encodeReply({ ...reply, share: Buffer.alloc(32, 0xff) })],
  ['whose share is the identity', 'other-invite', (reply) => encodeReply({ ...reply, share: Buffer.alloc(32) })],
  ['that is cut', 'malformed', (reply) => encodeReply(reply).subarray(0, 60)],
  ['that is empty', 'malformed', () => Buffer.alloc(0)],
];

for (const [what, reason, make] of uncounted) {
  test(`scenario: a reply ${what} does not count, and the right one after it does`, async () => {
    await using people = await makeStrangers();
    const { cloud, a, b } = people;
    const { text, body, reply } = await replyOnItsWay(people);
    cloud.inject('b-to-a', forgeFlight(text, 'b', 'reply', make(reply)));
    cloud.inject('b-to-a', body);
    await listenInTurn(a, b);
    // Which is said first hangs on whether both came in one batch.
    assert.deepEqual(a.notices().toSorted(), ['joined', reason]);
    await assertTalking(a, b);
  });
}

test('scenario: a refusal that somebody forged does not stop the confirmation that comes later', async () => {
  await using people = await makeStrangers();
  const { cloud, a, b } = people;
  const { text, body, reply } = await replyOnItsWay(people);
  await b.send('written in time');
  const refusal = encodeRefusal({ session: reply.session, share: reply.share, reason: 'wrong-pin' });
  cloud.inject('a-to-b', forgeFlight(text, 'a', 'refusal', refusal));
  await b.listen();
  assert.equal(stateOf(b), 'refused');
  await b.send('written while refused');
  cloud.inject('b-to-a', body);
  await listenInTurn(a, b, a);
  assert.deepEqual(told(b), ['replied', 'join-wrong-pin', 'confirmed']);
  assert.deepEqual(a.texts(), ['written in time', 'written while refused']);
  await assertTalking(a, b);
});

test('scenario: a refusal of another reply, or after the confirmation, is left alone', async () => {
  await using people = await makeStrangers();
  const { cloud, a, b } = people;
  const { text, body, reply } = await replyOnItsWay(people);
  const { session, share } = reply;
  const refusals = [
    { session: randomBytes(16), share },
    { session, share: anotherShare() },
  ].map((one) => encodeRefusal({ ...one, reason: 'wrong-pin' }));
  for (const refusal of refusals) cloud.inject('a-to-b', forgeFlight(text, 'a', 'refusal', refusal));
  await b.listen();
  assert.equal(stateOf(b), 'replied');
  cloud.inject('b-to-a', body);
  await listenInTurn(a, b);
  cloud.inject('a-to-b', forgeFlight(text, 'a', 'refusal', encodeRefusal({ session, share, reason: 'expired' })));
  await b.listen();
  assert.equal(stateOf(b), 'confirmed');
  await assertTalking(a, b);
});

test('scenario: a middleman who knows the PIN and hands an invite on in a name of its own is refused', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  const { invite: text, pin } = await invite(a);
  await join(b, changedInvite(text, { name: 'mallory' }), pin);
  await listenInTurn(b, a, b);
  assert.deepEqual(told(a), ['invite-wrong-pin']);
  assert.deepEqual(told(b), ['replied', 'join-wrong-pin']);
});

test("scenario: a middleman who knows two PINs and forwards the reply to one invite as the other's is refused", async () => {
  await using people = await makeStrangers();
  const { cloud, a, b } = people;
  await using others = await makeStrangers();
  const mallory = others.a;
  const asked = await invite(a);
  const own = await invite(mallory);
  for (const body of others.cloud.waiting('a-to-b')) cloud.inject('a-to-b', body);
  await join(b, own.invite, own.pin);
  await b.listen();
  const [body = ''] = cloud.waiting('b-to-a');
  cloud.tamper('b-to-a', () => undefined);
  const reply = decodeReply(openFlight(own.invite, body, 'b').content);
  cloud.inject('b-to-a', body);
  await a.listen();
  assert.equal(stateOf(a), 'open', 'under the key of another invite it counts for nothing');
  const target = sessionOf(asked.invite);
  assert.notDeepEqual(reply.session, target);
  cloud.inject('b-to-a', forgeFlight(asked.invite, 'b', 'reply', encodeReply({ ...reply, session: target })));
  await a.listen();
  assert.deepEqual(told(a), ['invite-wrong-pin']);
  assert.equal(a.messenger.pairing(channel)?.paired, false);
});

test('scenario: the same PIN on two invites does not make a reply to one good for the other', async () => {
  await using people = await makeStrangers();
  const { cloud, a, b } = people;
  const { text, pin, reply } = await replyOnItsWay(people);
  const own = changedInvite(text, { name: 'a', expiresAt: Date.UTC(2026, 0, 5) });
  await join(people.c, own, pin);
  cloud.inject('b-to-a', forgeFlight(own, 'b', 'reply', encodeReply({ ...reply, share: anotherShare() })));
  await a.listen();
  assert.deepEqual(told(a), ['invite-wrong-pin']);
  await b.listen();
  assert.equal(stateOf(b), 'replied', 'the refusal names another share than its own');
});

test('scenario: an older row of the pairing put back alone into the store is noticed', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  const { invite: text, pin } = await invite(a);
  const open = readCell(a.directory);
  await join(b, text, pin);
  await listenInTurn(b, a, b);
  assert.equal(stateOf(a), 'paired');
  await a.messenger.close();
  writeCell(a.directory, open);
  await a.restart();
  await assert.rejects(async () => a.messenger.channel(channel), { code: 'store-altered' });
  await assert.rejects(invite(a, { replace: true }), { code: 'store-altered' });
});

type Cell = Record<string, unknown>;

function readCell(directory: string): Cell {
  const db = new DatabaseSync(joinPath(directory, 'btr.sqlite'), { readOnly: true });
  const row = db.prepare("SELECT generation, sealed FROM cells WHERE name = 'pairing'").get();
  db.close();
  assert.ok(row);
  return row;
}

function writeCell(directory: string, { generation, sealed }: Cell): void {
  assert.ok(typeof generation === 'number' && sealed instanceof Uint8Array);
  const db = new DatabaseSync(joinPath(directory, 'btr.sqlite'));
  const { changes } = db
    .prepare("UPDATE cells SET generation = ?, sealed = ? WHERE name = 'pairing'")
    .run(generation, sealed);
  db.close();
  assert.equal(changes, 1);
}

function anotherShare(): Uint8Array {
  const input = { prs: Buffer.from('000000'), ci: Buffer.from('x'), sid: randomBytes(16) };
  return startCpace(input, randomBytes(scalarSeedBytes)).share;
}

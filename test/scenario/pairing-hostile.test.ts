/** Invites, replies and control frames that no btr client makes: they are refused, and everything goes on. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { confirmValue } from '../../client/crypto/pairing-keys.ts';
import { generateIdentity } from '../../client/crypto/signal/identity.ts';
import { makePrekeys } from '../../client/crypto/signal/prekeys.ts';
import { bytes } from '../../client/messenger/pairing/records.ts';
import { frameKinds } from '../../client/protocol/frames.ts';
import { encodeProof } from '../../client/protocol/pairing-wire.ts';
import { makePair, type Pair, pairUp } from '../messenger/pair.ts';
import { channel, type Person } from '../messenger/person.ts';
import {
  bent,
  bundleOf,
  type ForgedReply,
  noKey,
  refused,
  replyWithPin,
  says,
  withBundle,
} from './pairing-hostile-tools.ts';
import {
  assertTalking,
  forgeFlight,
  invite,
  join,
  leaveReply,
  listenInTurn,
  makeStrangers,
  openFlight,
  type Strangers,
  stateOf,
  told,
} from './pairing-support.ts';
import { backUp, putBack, talkOut, tap, within } from './restored-tools.ts';

const otherBundles: readonly (readonly [what: string, change: (bundle: Buffer) => Buffer])[] = [
  ['an identity that is no key', (bundle) => Buffer.concat([bundle.subarray(0, 1), noKey, bundle.subarray(34)])],
  ['a wrong signature', bent],
];
for (const [what, change] of otherBundles) {
  test(`scenario: a forged invite whose bundle has ${what} stops no listener, and another invite is joined`, async () => {
    await using people = await makeStrangers();
    const { a, b } = people;
    const { invite: text, pin } = await invite(a);
    const forged = withBundle(people, text, change(bundleOf(people, text)));
    await join(b, forged, pin);
    await listenInTurn(b, b);
    assert.deepEqual(b.notices(), ['malformed']);
    assert.equal(stateOf(b), 'waiting');
    await pairUp(a, b);
    assert.equal(stateOf(b), 'confirmed');
    await assertTalking(a, b);
  });
}

const forgedReplies: readonly (readonly [what: string, notice: string, forged: ForgedReply])[] = [
  ['an identity that is no key', 'invite-other-identity', { identity: noKey }],
  ['a first message that is none', 'invite-other-identity', { message: Buffer.of(3, 1, 2, 3) }],
  ['a renewal bundle with a wrong signature', 'invite-other-identity', { bundle: bent }],
  ["somebody else's renewal bundle", 'invite-other-identity', { bundle: () => someBundle() }],
  ['no proof in its first message', 'invite-wrong-pin', { isUnproven: true }],
];
for (const [what, notice, forged] of forgedReplies) {
  test(`scenario: a reply with the right PIN and ${what} burns the invite, and another one is joined`, async () => {
    await using people = await makeStrangers();
    const { cloud, a, b } = people;
    const made = await invite(a);
    cloud.inject('b-to-a', await replyWithPin(made, bundleOf(people, made.invite), forged));
    await listenInTurn(a, a);
    assert.deepEqual(told(a), [notice]);
    assert.equal(stateOf(a), 'burned');
    await pairUp(a, b);
    await assertTalking(a, b);
  });
}

async function someBundle(): Promise<Buffer> {
  return (await makePrekeys(await generateIdentity(), 'renewal', Date.UTC(2026, 0, 1))).bundle;
}

test('scenario: a reply put together by hand that is right in all is accepted', async () => {
  await using people = await makeStrangers();
  const { cloud, a } = people;
  const made = await invite(a);
  cloud.inject('b-to-a', await replyWithPin(made, bundleOf(people, made.invite), {}));
  await a.listen();
  assert.deepEqual(a.notices(), ['joined']);
});

test('scenario: a key to the drop that comes from the buddy who joined changes nothing for the owner', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  await within(a, ({ db, channels }, known) => db.transaction(() => channels.update(known, { drop: ownersDrop })));
  await says(b, frameKinds.dropKey, Buffer.from(JSON.stringify({ id: 'AKIASTRANGER', secret: 'x'.repeat(40) })));
  await a.listen();
  assert.deepEqual(a.notices(), ['bad-control']);
  const kept = await within(a, ({ cells }, { id, drop }) => ({ drop, keys: cells.get(id, 'keys')?.value }));
  assert.deepEqual(kept, { drop: ownersDrop, keys: undefined });
  await assertTalking(a, b);
});

const ownersDrop = {
  kind: 'aws',
  queues: { 'a-to-b': 'a-to-b.fifo', 'b-to-a': 'b-to-a.fifo' },
  region: 'eu-west-1',
  accessKey: { id: 'AKIAOWNER', secret: 'y'.repeat(40) },
};

test('scenario: a renewal whose signature is wrong is refused, and a home that is put back goes on by the one before', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  await says(b, frameKinds.renewal, await bentRenewal(pair, b));
  await assertRefused(a);
  await a.send('goes on');
  await b.listen();
  await putBack(a, await backUp(a));
  await a.send('goes on as a copy');
  await talkOut(b, a);
  assert.deepEqual(b.texts(), ['goes on', 'goes on as a copy']);
});

test('scenario: a confirmation whose bundle has a wrong signature is refused, and the joiner goes on', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  const renewal = await bentRenewal(pair, a);
  const value = await within(a, (_, { roots }) => confirmValue(Buffer.from(roots[0]?.root ?? '', 'base64url')));
  await says(a, frameKinds.confirm, encodeProof({ value, renewal }));
  await assertRefused(b);
  await b.send('goes on');
  await a.listen();
  await putBack(b, await backUp(b));
  await b.send('goes on as a copy');
  await talkOut(a, b);
  assert.deepEqual(a.texts(), ['goes on', 'goes on as a copy']);
});

async function bentRenewal({ cloud }: Pair, person: Person): Promise<Buffer> {
  const identity = await within(person, ({ settings }) => bytes(settings.get('identity') ?? ''));
  return bent((await makePrekeys(identity, 'renewal', cloud.now)).bundle);
}

async function assertRefused(person: Person): Promise<void> {
  await listenInTurn(person, person);
  assert.deepEqual(person.notices(), ['malformed']);
  assert.deepEqual(refused(person, channel), ['malformed']);
}

/** b has joined by an invite. Answers what is left in the drop from now on, and what sends replies to that invite. */
async function usedInvite(people: Strangers) {
  const { cloud, a, b } = people;
  const { invite: text, reply } = await leaveReply(people);
  const { content } = openFlight(text, reply, 'b');
  await listenInTurn(a, b, a);
  for (const person of [a, b]) person.events.length = 0;
  await a.restart();
  const flood = (count: number) => {
    for (let sent = 0; sent < count; sent++) cloud.inject('b-to-a', forgeFlight(text, 'b', 'reply', content));
  };
  return { bodies: tap(cloud), flood };
}

const most = 16;

test('scenario: three hundred replies to an invite that was used are answered and told of sixteen times at most', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  const { bodies, flood } = await usedInvite(people);
  flood(300);
  await a.listen();
  assert.deepEqual(told(a), Array(most).fill('invite-not-open'));
  assert.equal(bodies.length, most);
  await listenInTurn(b, a);
  assert.deepEqual(b.notices(), []);
  await assertTalking(a, b);
});

test('scenario: three hundred replies to an invite before the last are answered and told of sixteen times at most', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  const { bodies, flood } = await usedInvite(people);
  await invite(a, { replace: true });
  flood(10);
  await a.listen();
  await invite(a, { replace: true });
  bodies.length = 0;
  flood(290);
  await a.listen();
  assert.deepEqual(told(a), Array(most).fill('invite-not-open'));
  assert.equal(bodies.length, most - 10);
  await listenInTurn(b, a);
  await assertTalking(a, b);
});

test("scenario: the inviter's no to somebody else makes a joiner who is confirmed say nothing, and it goes on", async () => {
  await using people = await makeStrangers();
  const { cloud, a, b, c } = people;
  const { invite: text, pin } = await invite(a);
  const [bundle = ''] = cloud.waiting('a-to-b');
  await join(b, text, pin);
  await listenInTurn(b, a, b, a);
  await join(c, text, pin);
  cloud.inject('a-to-b', bundle);
  await listenInTurn(c, a);
  assert.deepEqual(told(a), ['joined', 'invite-not-open']);
  b.events.length = 0;
  await listenInTurn(b, b);
  assert.deepEqual(b.events, []);
  assert.equal(stateOf(b), 'confirmed');
  await assertTalking(a, b);
});

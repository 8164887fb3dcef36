/** Invites: altered, late, used twice, and followed by another. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';
import { scalarSeedBytes, startCpace } from '../../client/crypto/cpace.ts';
import { decodeInvite, type Invite, parseInviteText } from '../../client/protocol/invite.ts';
import { channel } from '../messenger/person.ts';
import {
  assertTalking,
  changedInvite,
  failure,
  invite,
  join,
  listenInTurn,
  makeStrangers,
  rewrittenInvite,
  stateOf,
  told,
} from './pairing-support.ts';

const hour = 3_600_000;

/** What becomes of an invite in which one field was changed, and its checksum made right: the states of a and b. */
const changes: readonly (readonly [field: string, ends: string, change: (before: Invite) => Partial<Invite>])[] = [
  ['session id', 'open replied', () => ({ session: randomBytes(16) })],
  ['share', 'burned refused', () => ({ share: anotherShare() })],
  ['bundle hash', 'open waiting', () => ({ bundleHash: randomBytes(32) })],
  ['channel id', 'open waiting', () => ({ channelId: randomBytes(16) })],
  ['channel secret', 'open waiting', () => ({ secret: randomBytes(32) })],
  ['epoch', 'burned refused', ({ epoch }) => ({ epoch: epoch + 1 })],
  ['time', 'burned refused', ({ expiresAt }) => ({ expiresAt: expiresAt + hour })],
  ['name', 'burned refused', () => ({ name: 'mallory' })],
  ['address', 'burned refused', () => ({ address: { kind: 'memory', also: 'this' } })],
];

for (const [field, ends, change] of changes) {
  test(`scenario: an invite with another ${field} lets nobody in`, async () => {
    await using people = await makeStrangers();
    const { a, b } = people;
    const { invite: text, pin } = await invite(a);
    await join(b, changedInvite(text, change(decodeInvite(parseInviteText(text)))), pin);
    await listenInTurn(b, a, b);
    await b.queue('to be kept');
    await listenInTurn(b, a);
    assert.equal(`${stateOf(a)} ${stateOf(b)}`, ends);
    assert.deepEqual(
      told(a).filter((code) => code.startsWith('invite-')),
      ends.startsWith('burned') ? ['invite-wrong-pin'] : [],
    );
    assert.equal(a.messenger.pairing(channel)?.paired, false);
    assert.deepEqual(a.texts(), []);
    const next = await invite(a);
    await join(b, next.invite, next.pin);
    await listenInTurn(b, a, b);
    assert.deepEqual(a.texts(), ['to be kept']);
    await assertTalking(a, b);
  });
}

test('scenario: an invite of the other role, whose share is no point, or that is of another version, is refused at once', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  const { invite: text, pin } = await invite(a);
  assert.equal(await failure(join(b, changedInvite(text, { share: Buffer.alloc(32, 0xff) }), pin)), 'bad-share');
  assert.equal(await failure(join(b, changedInvite(text, { share: Buffer.alloc(32) }), pin)), 'bad-share');
  const newer = rewrittenInvite(text, (content) => Buffer.concat([Buffer.of(2), content.subarray(1)]));
  assert.equal(await failure(join(b, newer, pin)), 'invite-newer');
  const longer = rewrittenInvite(text, (content) => Buffer.concat([content, Buffer.of(0)]));
  assert.equal(await failure(join(b, longer, pin)), 'bad-invite');
  const shorter = rewrittenInvite(text, (content) => content.subarray(0, -1));
  assert.equal(await failure(join(b, shorter, pin)), 'bad-invite');
  assert.deepEqual(b.messenger.channels(), []);
  assert.equal(stateOf(a), 'open');
});

test('scenario: a slip anywhere in the text of an invite is found when it is read', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  const { invite: text } = await invite(a);
  const pairings = await b.messenger.pairings();
  for (let place = 0; place < text.length; place += 1) {
    const slip = `${text.slice(0, place)}${text[place] === 'A' ? 'B' : 'A'}${text.slice(place + 1)}`;
    assert.equal(await failure(pairings.read(slip)), 'bad-invite', `at ${place}`);
    assert.equal(await failure(pairings.read(text.slice(0, place))), 'bad-invite', `cut at ${place}`);
  }
  assert.equal((await pairings.read(`\n ${text.slice(0, 40)}\r\n ${text.slice(40)}\n`)).invite.name, 'a');
});

test('scenario: an invite that has expired is not joined, nor let in by the clock of its maker', async () => {
  await using people = await makeStrangers();
  const { cloud, a, b, c } = people;
  const first = await invite(a, { stay: hour });
  await join(b, first.invite, first.pin);
  await b.listen();
  await b.send('in time, as b thinks');
  cloud.advance(hour + 1);
  assert.equal(await failure(join(c, first.invite, first.pin)), 'invite-expired');
  await listenInTurn(a, b);
  assert.deepEqual(told(a), ['invite-expired']);
  assert.deepEqual(told(b), ['replied', 'join-expired']);
  assert.deepEqual(a.texts(), []);
  const second = await invite(a);
  await join(b, second.invite, second.pin);
  await listenInTurn(b, a, b);
  assert.deepEqual(a.texts(), ['in time, as b thinks']);
  await assertTalking(a, b);
});

test('scenario: an invite that was used lets in neither the same home again nor a second one', async () => {
  await using people = await makeStrangers();
  const { cloud, a, b, c } = people;
  const { invite: text, pin } = await invite(a);
  const [bundle = ''] = cloud.waiting('a-to-b');
  await join(b, text, pin);
  await b.listen();
  assert.equal(await failure(join(b, text, pin)), 'invite-used');
  await listenInTurn(a, b);
  assert.equal(await failure(join(b, text, pin)), 'invite-used');
  assert.equal(await failure(join(b, text, pin, true)), 'invite-used');
  cloud.inject('a-to-b', bundle);
  await join(c, text, pin);
  await listenInTurn(c, a, c);
  assert.deepEqual(told(a), ['joined', 'invite-not-open']);
  assert.deepEqual(told(c), ['replied', 'join-not-open']);
  await assertTalking(a, b);
});

test('scenario: a second invite burns the first, and who answers that is told so', async () => {
  await using people = await makeStrangers();
  const { cloud, a, b, c } = people;
  const first = await invite(a);
  const [bundle = ''] = cloud.waiting('a-to-b');
  await join(b, first.invite, first.pin);
  await b.listen();
  await b.send('kept for the next invite');
  const second = await invite(a);
  await listenInTurn(a, b);
  assert.deepEqual(told(a), ['invite-not-open']);
  assert.deepEqual(told(b), ['replied', 'join-not-open']);
  assert.equal(stateOf(a), 'open');
  await join(b, second.invite, second.pin);
  await listenInTurn(b, a, b);
  assert.deepEqual(a.texts(), ['kept for the next invite']);
  cloud.inject('a-to-b', bundle);
  await join(c, first.invite, first.pin);
  await listenInTurn(c, a, c);
  assert.deepEqual([stateOf(a), stateOf(c)], ['paired', 'refused']);
  await assertTalking(a, b);
});

test('scenario: an invite that was taken back lets nobody in', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  const { invite: text, pin } = await invite(a);
  (await a.messenger.pairings()).withdraw(channel);
  await join(b, text, pin);
  await listenInTurn(b, a, b);
  assert.deepEqual([stateOf(a), stateOf(b)], ['burned', 'refused']);
  assert.deepEqual(told(b), ['replied', 'join-not-open']);
});

function anotherShare(): Uint8Array {
  const input = { prs: Buffer.from('000000'), ci: Buffer.from('x'), sid: randomBytes(16) };
  return startCpace(input, randomBytes(scalarSeedBytes)).share;
}

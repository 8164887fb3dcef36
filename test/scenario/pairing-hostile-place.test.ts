/** Somebody new in a buddy's place, or in that of one who is awaited: what was meant for the other stays theirs. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { frameKinds } from '../../client/protocol/frames.ts';
import { encodeAcknowledgements, encodeResend } from '../../client/protocol/ranges.ts';
import { Home } from '../../client/store/home.ts';
import { makePair, makeUnpaired } from '../messenger/pair.ts';
import { channel, type Person } from '../messenger/person.ts';
import { says, whispers } from './pairing-hostile-tools.ts';
import {
  assertTalking,
  failure,
  invite,
  join,
  listenInTurn,
  makeStrangers,
  type Strangers,
  safetyNumber,
  stateOf,
} from './pairing-support.ts';
import { talkOut, within } from './restored-tools.ts';

/** The newcomer asks for all that was ever said here, in each way there is, and hears of nothing that was. */
async function asksForAll(person: Person, asked: Person, stream: Uint8Array): Promise<void> {
  await says(person, frameKinds.restored, encodeAcknowledgements([]));
  await talkOut(asked, person);
  assert.ok(!person.notices().includes('lost'), 'not even how much there was');
  await says(person, frameKinds.restored, encodeAcknowledgements([{ stream, next: 1, held: [] }]));
  await whispers(person, frameKinds.resend, encodeResend({ stream, attempt: 1, ranges: [{ first: 1, last: 9 }] }));
  await talkOut(asked, person);
}

function streamOf(person: Person): Promise<Buffer> {
  return within(person, ({ streams }, { id }) => streams.wireId(id));
}

test("scenario: somebody else who joins in the buddy's place gets nothing of what was said before, whatever they ask for", async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b, cloud } = pair;
  await a.send('for b alone', 'this, too');
  await listenInTurn(b, a);
  const stream = await streamOf(a);
  const c = await makeUnpaired(cloud, 'b');
  const made = await invite(a, { replace: true });
  await join(c, made.invite, made.pin);
  await listenInTurn(c, a, c, a);
  await a.send('for c');
  await listenInTurn(c, a);
  await asksForAll(c, a, stream);
  assert.deepEqual(c.texts(), ['for c']);
  assert.deepEqual(a.messenger.pending(channel), { queued: 0, sent: 0 });
  await assertTalking(a, c);
  await c.close();
});

test("scenario: somebody else who invites in the inviter's place gets nothing of what was said before, whatever they ask for", async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b, cloud } = pair;
  await b.send('for a alone', 'this, too');
  await listenInTurn(a, b);
  const stream = await streamOf(b);
  const d = await makeUnpaired(cloud, 'a');
  const made = await invite(d);
  await join(b, made.invite, made.pin, true);
  await listenInTurn(b, d, b, d);
  await b.send('for d');
  await listenInTurn(d, b);
  await asksForAll(d, b, stream);
  assert.deepEqual(d.texts(), ['for d']);
  assert.deepEqual(b.messenger.pending(channel), { queued: 0, sent: 0 });
  await assertTalking(b, d);
  await d.close();
});

test('scenario: the same person who has paired anew still gets what was said before', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  await a.send('for b', 'this, too');
  await listenInTurn(b, a);
  const made = await invite(a, { replace: true });
  await join(b, made.invite, made.pin, true);
  await listenInTurn(b, a, b, a);
  assert.deepEqual(a.messenger.pending(channel), { queued: 0, sent: 0 });
  await says(b, frameKinds.restored, encodeAcknowledgements([]));
  await a.listen();
  assert.deepEqual(a.messenger.pending(channel), { queued: 0, sent: 2 });
  await listenInTurn(b, a);
  assert.deepEqual(b.texts(), ['for b', 'this, too']);
  assert.deepEqual(a.messenger.pending(channel), { queued: 0, sent: 0 });
});

/** b has a channel called `a`, where something waits for somebody; the maker of an invite is called `a`, too. */
async function namesake(people: Strangers) {
  const { a, b } = people;
  await b.messenger.addChannel({ name: 'a', role: 'b', suite: 'signal', drop: { kind: 'memory' } });
  await b.messenger.queue('a', ['for somebody else']);
  const { invite: text, pin } = await invite(a);
  const pairings = await b.messenger.pairings();
  const read = await pairings.read(text);
  const tryJoin = async (name?: string) => pairings.join(read, pin, name === undefined ? {} : { name });
  return { pairings, tryJoin };
}

test("scenario: an invite does not take over a channel of its maker's name that waits for somebody else, unless it is named", async () => {
  await using people = await makeStrangers();
  const { b } = people;
  const { tryJoin } = await namesake(people);
  const before = b.messenger.channel('a');
  assert.equal(await failure(tryJoin()), 'channel-exists');
  assert.deepEqual(b.messenger.channel('a'), before);
  assert.deepEqual(b.messenger.pending('a'), { queued: 1, sent: 0 });
  assert.equal(await tryJoin(channel), channel);
});

test('scenario: an invite joins a channel that waits for somebody else where its user names it', async () => {
  await using people = await makeStrangers();
  const { b } = people;
  const { tryJoin } = await namesake(people);
  assert.equal(await tryJoin('a'), 'a');
  assert.equal(b.messenger.pairing('a')?.state, 'waiting');
});

test('scenario: an invite does not take over a channel whose own invite is open until that is taken back', async () => {
  await using people = await makeStrangers();
  const { b } = people;
  const { pairings, tryJoin } = await namesake(people);
  await pairings.invite('a');
  for (const name of [undefined, 'a']) assert.equal(await failure(tryJoin(name)), 'invite-open');
  assert.equal(b.messenger.pairing('a')?.state, 'open');
  pairings.withdraw('a');
  assert.equal(await tryJoin('a'), 'a');
  assert.equal(b.messenger.pairing('a')?.state, 'waiting');
});

test('scenario: digits that were compared before somebody else joined do not mark the one who has joined since', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, cloud } = pair;
  const pairings = await a.messenger.pairings();
  const c = await makeUnpaired(cloud, 'b');
  const made = await invite(a, { replace: true });
  await join(c, made.invite, made.pin);
  const compared = await safetyNumber(a);
  await listenInTurn(c, a, c);
  assert.equal(stateOf(a), 'paired');
  await assert.rejects(pairings.markVerified(channel, compared), { code: 'identity-changed', kind: 'security' });
  assert.equal(a.messenger.pairing(channel)?.verified, false);
  await pairings.markVerified(channel, await safetyNumber(c));
  assert.equal(a.messenger.pairing(channel)?.verified, true);
  await c.close();
});

test('scenario: digits of somebody who is replaced while they are being marked as compared mark nobody', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a } = pair;
  const pairings = await a.messenger.pairings();
  const compared = await safetyNumber(a);
  const home = await Home.open(a.directory, undefined);
  const identity = (await pairings.identity()).toString('base64');
  const marking = pairings.markVerified(channel, compared);
  home.db.transaction(() => {
    const known = home.channels.find(channel);
    assert.ok(known);
    home.channels.update(known, { peer: { identity } });
  });
  home.close();
  await assert.rejects(marking, { code: 'identity-changed' });
  assert.equal(a.messenger.pairing(channel)?.verified, false);
});

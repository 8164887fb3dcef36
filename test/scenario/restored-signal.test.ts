/** An older copy of a home comes back in a channel with ratcheted sessions: it is said, healed, and nothing is lost. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { makePair, pairUp } from '../messenger/pair.ts';
import { channel, type Person } from '../messenger/person.ts';
import { invite, join, leaveReply, makeStrangers } from './pairing-support.ts';
import { assertNoneTwice, backUp, keysUsed, putBack, rollBack, talkOut, tap, within } from './restored-tools.ts';

/** `a1` and `b1`: both ratchets have turned. */
async function sayOneEach(a: Person, b: Person): Promise<void> {
  await a.send('a1');
  await b.listen();
  await b.send('b1');
  await a.listen();
}

/** Both write at once, and each gets what the other wrote. */
async function assertGoesOn(a: Person, b: Person): Promise<void> {
  await a.send('a4');
  await b.send('b4');
  await talkOut(a, b);
  assert.deepEqual([a.texts().at(-1), b.texts().at(-1)], ['b4', 'a4']);
}

/** What is shown to the one who was set back, from its own point of view: what it saw since then, once each. */
function seenSince(texts: readonly string[], from: number): string[] {
  return texts.slice(from);
}

test('restored: an older folder put back is healed, and what the buddy had delivered comes back', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b, cloud } = pair;
  const bodies = tap(cloud);
  await a.restart();
  await b.restart();
  await sayOneEach(a, b);
  const copy = await backUp(a);
  await a.send('a2');
  await b.listen();
  await b.send('b2', 'b3');
  await a.listen();
  await talkOut(a, b);
  await putBack(a, copy);
  const before = a.texts().length;
  await a.send('a3');
  await talkOut(b, a);
  assert.deepEqual(seenSince(a.texts(), before), ['b2', 'b3']);
  assert.deepEqual(b.texts(), ['a1', 'a2', 'a3']);
  assert.ok(a.notices().includes('restored'), a.notices().join());
  assert.ok(a.notices().includes('sent-before'), a.notices().join());
  assert.ok(b.notices().includes('buddy-restored'), b.notices().join());
  await assertGoesOn(a, b);
  for (const person of [a, b]) {
    assert.deepEqual(person.messenger.pending(channel), { queued: 0, sent: 0 });
    assertNoneTwice(await keysUsed(person, bodies));
  }
  assert.equal(await within(a, (_, { restored }) => restored), undefined);
});

test('restored: a whole disk set back is noticed by the buddy, who saw a key twice', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  await sayOneEach(a, b);
  const copy = await backUp(a);
  await a.send('a2');
  await b.listen();
  await b.send('b2');
  await talkOut(a, b);
  await rollBack(a, copy);
  assert.equal(await within(a, (_, { restored }) => restored), undefined, 'nothing here tells');
  const before = a.texts().length;
  await a.send('a3');
  await b.listen();
  assert.deepEqual(b.messenger.quarantine(channel), [{ reason: 'repeated-key', count: 1 }]);
  await talkOut(a, b);
  assert.deepEqual(seenSince(a.texts(), before), ['b2']);
  assert.deepEqual(b.texts(), ['a1', 'a2', 'a3']);
  assert.ok(a.notices().includes('restored'), a.notices().join());
  assert.ok(b.notices().includes('buddy-restored'), b.notices().join());
  await assertGoesOn(a, b);
});

test('restored: a whole disk set back is noticed by an acknowledgement of what was never sent', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  await sayOneEach(a, b);
  const copy = await backUp(a);
  await a.send('a2', 'a3');
  await b.listen();
  await rollBack(a, copy);
  await a.listen();
  assert.ok(a.notices().includes('sent-before'), a.notices().join());
  assert.ok(a.notices().includes('restored'), a.notices().join());
  await a.send('a4');
  await talkOut(b, a);
  assert.deepEqual(b.texts(), ['a1', 'a2', 'a3', 'a4']);
  assert.deepEqual(b.messenger.quarantine(channel), []);
  assert.deepEqual(a.messenger.pending(channel), { queued: 0, sent: 0 });
});

test('restored: an acknowledgement from before the setback acknowledges nothing that was written since', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  await sayOneEach(a, b);
  const copy = await backUp(a);
  await a.send('a2', 'a3');
  await b.listen();
  await rollBack(a, copy);
  await a.send('a4', 'a5');
  await talkOut(a, b);
  assert.deepEqual(b.texts(), ['a1', 'a2', 'a3', 'a4', 'a5']);
});

test('restored: both homes set back at once talk again', async () => {
  for (const goBack of [putBack, rollBack]) {
    await using pair = await makePair({ suite: 'signal' });
    const { a, b } = pair;
    await sayOneEach(a, b);
    const copies = [await backUp(a), await backUp(b)] as const;
    await a.send('a2');
    await b.listen();
    await b.send('b2');
    await talkOut(a, b);
    await goBack(a, copies[0]);
    await goBack(b, copies[1]);
    const [beforeA, beforeB] = [a.texts().length, b.texts().length];
    await a.send('a3');
    await b.send('b3');
    await talkOut(a, b);
    a.cloud.advance(24 * 3_600_000);
    await talkOut(a, b);
    await a.send('a4');
    await b.send('b4');
    await talkOut(a, b);
    assert.deepEqual(seenSince(a.texts(), beforeA), ['b3', 'b4'], goBack.name);
    assert.deepEqual(seenSince(b.texts(), beforeB), ['a3', 'a4'], goBack.name);
    for (const person of [a, b]) assert.deepEqual(person.messenger.pending(channel), { queued: 0, sent: 0 });
  }
});

test('restored: from a copy that had received nothing yet, everything comes back', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  for (const [who, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const copy = await backUp(who);
    await other.send('one', 'two');
    await talkOut(who, other);
    await putBack(who, copy);
    const before = who.texts().length;
    await talkOut(who, other);
    assert.deepEqual(seenSince(who.texts(), before), ['one', 'two'], who.role);
  }
});

test('restored: what the buddy keeps no history of is reported as lost', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  b.messenger.changeChannel(channel, { history: 'off' });
  await b.send('b1');
  await talkOut(a, b);
  const copy = await backUp(a);
  await b.send('b2', 'b3');
  await talkOut(a, b);
  await putBack(a, copy);
  const before = a.texts().length;
  await talkOut(a, b);
  await b.send('b4');
  await talkOut(a, b);
  assert.deepEqual(seenSince(a.texts(), before), ['b4']);
  assert.ok(a.notices().includes('lost'), a.notices().join());
});

test('restored: an invite that was open in the copy is burned', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  const made = await invite(a);
  await putBack(a, await backUp(a));
  await join(b, made.invite, made.pin);
  await talkOut(b, a);
  assert.ok(a.notices().includes('restored'), a.notices().join());
  assert.ok(a.notices().includes('invite-not-open'), a.notices().join());
  assert.equal(a.messenger.pairing(channel)?.paired, false);
  assert.ok(b.notices().includes('join-not-open'), b.notices().join());
  await b.queue('kept for the next invite');
  await pairUp(a, b);
  await talkOut(a, b);
  assert.deepEqual(a.texts(), ['kept for the next invite']);
});

test('restored: a copy from before the pairing was confirmed asks for a new one, and loses nothing it wrote', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  await leaveReply(people);
  const copy = await backUp(b);
  await a.listen();
  await b.listen();
  await b.send('after');
  await a.listen();
  await putBack(b, copy);
  await b.queue('anew');
  await talkOut(b, a);
  assert.ok(b.notices().includes('restored'), b.notices().join());
  await pairUp(a, b, true);
  await talkOut(b, a);
  assert.deepEqual(a.texts(), ['after', 'anew']);
  await a.send('back');
  await talkOut(b, a);
  assert.deepEqual(b.texts(), ['back']);
});

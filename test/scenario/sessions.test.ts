/** Ratcheted sessions between homes: several processes, swapped roles, and a session that nobody answers. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { makePair } from '../messenger/pair.ts';
import { channel } from '../messenger/person.ts';
import { invite, join, leaveReply, makeStrangers } from './pairing-support.ts';
import { assertNoneTwice, backUp, keysUsed, putBack, talkOut, tap } from './restored-tools.ts';

const day = 24 * 60 * 60_000;

test('sessions: two processes of a home that seal at once use no key twice and lose nothing', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  const bodies = tap(pair.cloud);
  const [one, other] = [await a.another(), await a.another()];
  const texts: string[] = [];
  for (let round = 0; round < 10; round++) {
    const [first, second] = [`first ${round}`, `second ${round}`];
    texts.push(first, second);
    await Promise.all([one.send(channel, first), other.send(channel, second), b.send(`b${round}`), b.listen()]);
  }
  await Promise.all([one.close(), other.close()]);
  await talkOut(a, b);
  assert.deepEqual(b.texts().sort(), texts.sort());
  assert.equal(a.texts().length, 10);
  assert.deepEqual([...a.notices(), ...b.notices()], []);
  assert.deepEqual(b.messenger.quarantine(channel), []);
  for (const person of [a, b]) {
    const keys = await keysUsed(person, bodies);
    assert.ok(keys.length >= 10);
    assertNoneTwice(keys);
  }
});

test('sessions: roles are swapped and the session goes on', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  await a.send('before');
  await b.listen();
  await b.send('answer');
  await Promise.all([a.swap(), b.swap()]);
  await a.send('after');
  await b.send('after, too');
  await talkOut(a, b);
  assert.deepEqual(b.texts(), ['before', 'after']);
  assert.deepEqual(a.texts(), ['answer', 'after, too']);
  assert.deepEqual([...a.notices(), ...b.notices()], []);
});

test('sessions: messages that come late and out of order are shown in order', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b, cloud } = pair;
  const kept: string[] = [];
  for (let index = 0; index < 30; index++) {
    await a.send(`a${index}`);
    cloud.tamper('a-to-b', (body) => void kept.push(body));
    if (index % 10 === 0) await b.send(`b${index}`);
    if (index % 10 === 0) await a.listen();
  }
  for (const body of kept.reverse()) cloud.inject('a-to-b', body);
  await talkOut(b, a);
  assert.deepEqual(
    b.texts(),
    Array.from({ length: 30 }, (_, index) => `a${index}`),
  );
  assert.deepEqual(b.messenger.quarantine(channel), []);
});

test('sessions: a session that was renewed and not answered for a month is renewed once more', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b, cloud } = pair;
  await b.send('b1');
  await talkOut(a, b);
  await putBack(a, await backUp(a));
  await a.send('a1');
  cloud.tamper('a-to-b', () => undefined);
  cloud.advance(32 * day);
  await a.send('a2');
  await talkOut(b, a);
  assert.deepEqual(b.texts(), ['a1', 'a2']);
  await b.send('b2');
  await talkOut(a, b);
  assert.equal(a.texts().at(-1), 'b2');
  assert.deepEqual(a.messenger.pending(channel), { queued: 0, sent: 0 });
});

test('sessions: a joiner whom nobody confirmed for a month is told, and what it wrote waits for another invite', async () => {
  await using people = await makeStrangers();
  const { cloud, a, b } = people;
  await leaveReply(people);
  cloud.tamper('b-to-a', () => undefined);
  cloud.advance(32 * day);
  await b.send('still there?');
  await b.listen();
  assert.ok(b.notices().includes('join-unanswered'), b.notices().join());
  assert.deepEqual(b.messenger.pending(channel), { queued: 1, sent: 0 });
  const again = await invite(a);
  await join(b, again.invite, again.pin);
  await talkOut(b, a);
  assert.deepEqual(a.texts(), ['still there?']);
});

test('sessions: a body that comes again when it is long forgotten is no sign of anything', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b, cloud } = pair;
  await a.send('said once');
  const [old = ''] = cloud.waiting('a-to-b');
  await talkOut(a, b);
  cloud.advance(16 * day);
  await a.send('said later');
  await talkOut(a, b);
  cloud.inject('a-to-b', old);
  await talkOut(a, b);
  assert.deepEqual(b.texts(), ['said once', 'said later']);
  assert.deepEqual(a.notices(), []);
  assert.deepEqual(b.notices(), ['unopened']);
  await b.send('still the same session');
  await talkOut(a, b);
  assert.deepEqual(a.texts(), ['still the same session']);
});

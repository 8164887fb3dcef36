/** Suite signal: sessions, the order of messages, what is refused, and what a session survives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicIdentity } from '../../client/crypto/signal/identity.ts';
import { decodeState, encodeState } from '../../client/crypto/signal/state.ts';
import { BtrError, SecurityError } from '../../client/errors.ts';
import { day, makeTalking, makeTwo, start } from './signal-people.ts';

function refused(code: string) {
  return (error: unknown) => error instanceof SecurityError && error.code === code;
}

test('signal: a state is written and read alike, and no other version or length is read', async () => {
  const { a } = await makeTalking();
  const decoded = decodeState(a.state);
  assert.ok(decoded.record.length > 100);
  assert.deepEqual(Buffer.from(encodeState(decoded)), Buffer.from(a.state));
  assert.throws(() => decodeState(Buffer.concat([a.state, Buffer.of(0)])), BtrError);
  assert.throws(() => decodeState(a.state.subarray(0, -1)), BtrError);
  assert.throws(() => decodeState(Buffer.concat([Buffer.of(9), a.state.subarray(1)])), /version 9/);
});

test('signal: both sides seal and open, and the first message says which prekeys it used', async () => {
  const { a, b } = await makeTwo();
  const { bundle, secret } = await a.makePrekeys('one-time');
  await b.renew(bundle);
  const first = await b.seal('hello');
  assert.equal(first[0], 3);
  const { accepted, content } = await a.look(first);
  assert.equal(Buffer.from(content).toString(), 'hello');
  assert.equal(accepted?.id, secret.id);
  assert.equal(await a.open(first), 'hello');
  const answer = await a.seal('hi');
  assert.equal(answer[0], 2);
  assert.equal(await b.open(answer), 'hi');
  for (let round = 0; round < 20; round++) {
    assert.equal(await a.open(await b.seal(`b${round}`)), `b${round}`);
    assert.equal(await b.open(await a.seal(`a${round}`)), `a${round}`);
  }
});

test('signal: sealing and opening leave the state that went in as it was', async () => {
  const { a, b } = await makeTalking();
  const [before, copy] = [a.state, Buffer.from(a.state)];
  await b.open(await a.seal('x'));
  await a.open(await b.seal('y'));
  assert.deepEqual(Buffer.from(before), copy);
  assert.notDeepEqual(Buffer.from(a.state), copy);
});

test('signal: messages are opened in any order, over several turns of the ratchet', async () => {
  const { a, b } = await makeTalking();
  const sealed: Buffer[] = [];
  for (let turn = 0; turn < 3; turn++) {
    for (let index = 0; index < 10; index++) sealed.push(await a.seal(`${turn} ${index}`));
    const last = sealed.pop();
    assert.ok(last);
    assert.equal(await b.open(last), `${turn} 9`);
    await a.open(await b.seal('turn'));
  }
  const texts: string[] = [];
  for (const one of sealed.reverse()) texts.push(await b.open(one));
  assert.equal(new Set(texts).size, 27);
  assert.equal(texts[0], '2 8');
});

test('signal: 1,999 skipped messages are still opened; of more the oldest are not, and that has a name', async () => {
  const { a, b } = await makeTalking();
  const sealed: Buffer[] = [];
  for (let index = 0; index < 2005; index++) sealed.push(await a.seal(`${index}`));
  const last = sealed.at(-1);
  assert.ok(last);
  assert.equal(await b.open(last), '2004');
  const [oldest] = sealed;
  const kept = sealed[5];
  assert.ok(oldest && kept);
  await assert.rejects(
    b.look(oldest),
    (error) => error instanceof SecurityError && /repeated-key|out-of-step/.test(error.code),
  );
  assert.equal(await b.open(kept), '5');
});

test('signal: the same message twice is a repeated key', async () => {
  const { a, b } = await makeTalking();
  const sealed = await a.seal('once');
  await b.open(sealed);
  await assert.rejects(b.open(sealed), refused('repeated-key'));
  await a.open(await b.seal('answer'));
  await b.open(await a.seal('later'));
  await assert.rejects(b.open(sealed), refused('repeated-key'));
});

test('signal: another identity than the pinned one starts no session', async () => {
  const { a } = await makeTwo();
  const stranger = (await makeTwo()).b;
  const peerIdentity = await publicIdentity(decodeState(a.state).identity);
  stranger.state = encodeState({ ...decodeState(stranger.state), peerIdentity });
  await stranger.renew((await a.makePrekeys('renewal')).bundle);
  const before = Buffer.from(a.state);
  await assert.rejects(a.open(await stranger.seal('it is me')), refused('identity-changed'));
  assert.deepEqual(Buffer.from(a.state), before);
});

test('signal: a bundle of another identity starts no session', async () => {
  const { b } = await makeTwo();
  const stranger = (await makeTwo()).a;
  await assert.rejects(b.renew((await stranger.makePrekeys('renewal')).bundle), refused('identity-changed'));
});

test('signal: a last-resort key serves two sessions, and neither twice', async () => {
  const { a, b } = await makeTalking();
  const { bundle } = await a.makePrekeys('renewal');
  const before = b.state;
  await b.renew(bundle);
  const first = await b.seal('first');
  assert.equal(await a.open(first), 'first');
  b.state = before;
  await b.renew(bundle);
  const second = await b.seal('second');
  assert.equal(await a.open(second), 'second');
  // As if a had no session any more: only the list of base keys tells that they were here before.
  a.state = encodeState({ ...decodeState(a.state), record: Buffer.alloc(0) });
  for (const old of [first, second]) await assert.rejects(a.open(old), refused('out-of-step'));
});

test('signal: prekeys that are gone open nothing, and that has a name', async () => {
  const { a, b } = await makeTwo();
  await b.renew((await a.makePrekeys('one-time')).bundle);
  a.prekeys = [];
  await assert.rejects(a.open(await b.seal('late')), refused('out-of-step'));
});

test('signal: a session that was not answered for 31 days seals no more, until it is renewed', async () => {
  const { a, b } = await makeTwo();
  const { bundle } = await a.makePrekeys('renewal');
  await b.renew(bundle);
  await b.seal('one');
  b.now = start + 29 * day;
  await b.seal('two');
  b.now = start + 31 * day;
  await assert.rejects(b.seal('three'), refused('out-of-step'));
  await b.renew(bundle);
  assert.equal(await a.open(await b.seal('three')), 'three');
});

test('signal: a session that was answered seals after any time', async () => {
  const { a, b } = await makeTalking();
  b.now = start + 3650 * day;
  assert.equal(await a.open(await b.seal('back again')), 'back again');
});

test('signal: after a renewal with retirement, the old sessions open and never seal', async () => {
  const { a, b } = await makeTalking();
  const { bundle } = await a.makePrekeys('renewal');
  const old = await a.seal('under way');
  const before = Buffer.from(decodeState(b.state).record);
  await b.renew(bundle, true);
  assert.deepEqual(Buffer.from(decodeState(b.state).retired), before);
  assert.equal(await b.open(old), 'under way');
  const sealed = await b.seal('new');
  assert.equal(sealed[0], 3, 'it still starts the new session');
  assert.equal(await a.open(sealed), 'new');
  assert.equal(await b.open(await a.seal('answer')), 'answer');
  await assert.rejects(b.open(old), refused('repeated-key'));
});

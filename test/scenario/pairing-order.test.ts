/** Pairing in whatever order things come: both first, before their keys, twice at once, and over kills. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChannelEvent } from '../../client/messenger/events.ts';
import type { Messenger } from '../../client/messenger/messenger.ts';
import { pairUp } from '../messenger/pair.ts';
import { channel, type Person } from '../messenger/person.ts';
import {
  assertTalking,
  failure,
  invite,
  join,
  leaveReply,
  listenInTurn,
  makeStrangers,
  stateOf,
  told,
  wrong,
} from './pairing-support.ts';

test('scenario: both sides write before the other is there, and everything comes once and in order', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  await a.send('a0');
  const { invite: text, pin } = await invite(a);
  await a.send('a1');
  await join(b, text, pin);
  await b.send('b0');
  await b.listen();
  await b.send('b1');
  await a.send('a2');
  assert.deepEqual(b.texts(), [], 'nothing of the inviter goes out before somebody has joined');
  await listenInTurn(a, b, a, b);
  assert.deepEqual(a.texts(), ['b0', 'b1']);
  assert.deepEqual(b.texts(), ['a0', 'a1', 'a2']);
  await assertTalking(a, b);
});

test('scenario: what the joiner wrote and what overtook the reply is opened after it, in order', async () => {
  await using people = await makeStrangers({ batch: 1 });
  const { cloud, a, b } = people;
  await leaveReply(people);
  await b.send('b0');
  await b.send('b1');
  const bodies = cloud.waiting('b-to-a');
  assert.equal(bodies.length, 3);
  cloud.tamper('b-to-a', () => undefined);
  for (const body of bodies.toReversed()) cloud.inject('b-to-a', body);
  const events = await a.listen();
  assert.deepEqual(a.texts(), ['b0', 'b1']);
  assert.deepEqual(
    events.map((event) => (event.type === 'notice' ? event.code : event.type)),
    ['joined', 'message', 'message'],
  );
  await listenInTurn(b, a);
  await assertTalking(a, b);
});

test('scenario: what came before the reply is opened by another process, where the first one was killed', async () => {
  await using people = await makeStrangers({ batch: 1 });
  const { cloud, a, b } = people;
  await leaveReply(people);
  await b.send('b0');
  const [reply = '', message = ''] = cloud.waiting('b-to-a');
  cloud.tamper('b-to-a', () => undefined);
  cloud.inject('b-to-a', message);
  await a.listen();
  cloud.inject('b-to-a', reply);
  const bury = await listenAndKill(a, 'joined');
  await bury();
  cloud.advance(31_000);
  await listenInTurn(a, b);
  assert.deepEqual(a.texts(), ['b0']);
  await assertTalking(a, b);
});

test('scenario: the reply comes twice and again later, and is one pairing', async () => {
  await using people = await makeStrangers();
  const { cloud, a, b } = people;
  const { reply } = await leaveReply(people);
  cloud.inject('b-to-a', reply);
  await a.listen();
  cloud.inject('b-to-a', reply);
  await listenInTurn(a, b);
  assert.deepEqual(told(a), ['joined']);
  assert.deepEqual(told(b), ['replied', 'confirmed']);
  await assertTalking(a, b);
});

test('scenario: a reply that was lost is left again as it was, and is accepted', async () => {
  await using people = await makeStrangers();
  const { cloud, a, b } = people;
  const { reply } = await leaveReply(people);
  cloud.tamper('b-to-a', () => undefined);
  cloud.advance(61 * 60_000);
  await b.listen();
  assert.deepEqual(cloud.waiting('b-to-a'), [reply]);
  await listenInTurn(a, b);
  await assertTalking(a, b);
});

test('scenario: two processes of the inviter that open the reply at once pair once', async () => {
  await using people = await makeStrangers({ holdBack: false, batch: 1 });
  const { cloud, a, b } = people;
  const { reply } = await leaveReply(people);
  cloud.inject('b-to-a', reply);
  const other = await a.another();
  const both = await Promise.all([codes(a.messenger), codes(other)]);
  await other.close();
  assert.deepEqual(both.flat(), ['joined']);
  await listenInTurn(b, a);
  await assertTalking(a, b);
});

test('scenario: of a wrong and a right reply that two processes open at once, one counts', async () => {
  await using people = await makeStrangers({ holdBack: false, batch: 1 });
  const { cloud, a, b, c } = people;
  const before = await invite(a);
  await join(c, before.invite, wrong(before.pin));
  await listenInTurn(c, a, c);
  const { invite: text, pin } = await invite(a);
  const [bundle = ''] = cloud.waiting('a-to-b');
  await join(c, text, wrong(pin));
  await c.listen();
  cloud.inject('a-to-b', bundle);
  await join(b, text, pin);
  await b.listen();
  const other = await a.another();
  const both = await Promise.all([codes(a.messenger), codes(other)]);
  await other.close();
  const counted = both.flat().filter((code) => code === 'joined' || code === 'invite-wrong-pin');
  assert.equal(counted.length, 1, both.join());
  assert.equal(a.messenger.pairing(channel)?.paired, counted[0] === 'joined');
});

test('scenario: two processes of the joiner that open the bundle at once leave one reply', async () => {
  await using people = await makeStrangers({ holdBack: false, batch: 1 });
  const { cloud, a, b } = people;
  const { invite: text, pin } = await invite(a);
  const [bundle = ''] = cloud.waiting('a-to-b');
  cloud.inject('a-to-b', bundle);
  await join(b, text, pin);
  const other = await b.another();
  const both = await Promise.all([codes(b.messenger), codes(other)]);
  await other.close();
  assert.deepEqual(
    both.flat().filter((code) => code === 'replied'),
    ['replied'],
  );
  assert.equal(new Set(cloud.waiting('b-to-a')).size, 1);
  await listenInTurn(a, b);
  assert.deepEqual([stateOf(a), stateOf(b)], ['paired', 'confirmed']);
});

const steps = ['invite', 'join', 'reply', 'accept', 'confirm'] as const;

for (const step of steps) {
  test(`scenario: a kill at any moment of the step ${step} locks nobody out and loses nothing`, async () => {
    // Later and later, until the step has ended by itself; on any machine there are some moments before that.
    let turns = 0;
    while (await pairOverKill(step, turns)) turns = Math.ceil(turns * 1.4) + 1;
    assert.ok(turns > 10, 'the step was over before it could be killed');
  });
}

/** Kills after so many turns, of promises and now and then of the whole event loop. Answers whether that came before the step had ended by itself. */
async function pairOverKill(killed: (typeof steps)[number], turns: number): Promise<boolean> {
  await using people = await makeStrangers();
  const { cloud, a, b } = people;
  await a.queue('from a');
  let isOver = false;
  const run = async (step: (typeof steps)[number], person: Person, work: () => Promise<unknown>) => {
    if (step !== killed) return work();
    const ended = Promise.allSettled([work()]).then(() => {
      isOver = true;
    });
    for (let turn = 0; turn < turns && !isOver; turn += 1) await (turn % 20 === 19 ? nextTurn() : undefined);
    const wasOver = isOver;
    const bury = await person.kill();
    await ended;
    isOver = wasOver;
    await bury();
    cloud.advance(31_000);
  };
  await run('invite', a, () => invite(a));
  const { invite: text, pin } = await invite(a);
  await run('join', b, () => join(b, text, pin));
  if (stateOfAny(b) === undefined) await join(b, text, pin);
  await run('reply', b, () => b.listen());
  await b.listen();
  await b.send('from b');
  await run('accept', a, () => a.listen());
  await a.listen();
  await run('confirm', b, () => b.listen());
  await listenInTurn(b, a, b);
  assert.deepEqual(a.texts(), ['from b'], `${killed} ${turns}`);
  assert.deepEqual(b.texts(), ['from a'], `${killed} ${turns}`);
  assert.deepEqual([stateOf(a), stateOf(b)], ['paired', 'confirmed']);
  await assertTalking(a, b);
  return !isOver;
}

test('scenario: paired homes refuse to pair again unless they are told to', async () => {
  await using people = await makeStrangers();
  const { a, b, c } = people;
  await pairUp(a, b);
  const { invite: text, pin } = await invite(a, { replace: true });
  assert.equal(await failure(join(b, text, pin)), 'already-joined');
  await join(c, text, pin);
  assert.deepEqual([stateOf(a), stateOf(b), stateOf(c)], ['open', 'confirmed', 'waiting']);
  await assertTalking(a, b);
});

/** The state of the pairing, where the channel is there at all. */
function stateOfAny(person: Person): string | undefined {
  return person.messenger.channels().length === 0 ? undefined : stateOf(person);
}

/** Listens until a notice comes, and is killed right there. */
async function listenAndKill(person: Person, code: string): Promise<() => Promise<void>> {
  for await (const event of person.messenger.listen(channel, { wait: false })) {
    if (event.type === 'notice' && event.code === code) return person.kill();
  }
  throw new Error(`${code} never came`);
}

async function codes(messenger: Messenger): Promise<string[]> {
  const events: ChannelEvent[] = [];
  for await (const event of messenger.listen(channel, { wait: false })) events.push(event);
  return events.flatMap((event) => (event.type === 'notice' ? [event.code] : []));
}

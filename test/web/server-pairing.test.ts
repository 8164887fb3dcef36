/** Two people who have no channel yet make one with their pages alone. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import test, { after, before } from 'node:test';
import { Messenger } from '../../client/messenger/index.ts';
import type { ApiPairing, Invite, Update, Verification } from '../../client/web/api.ts';
import { otherPin } from '../tools/invited.ts';
import { type Person, Stage } from '../tools/stage.ts';
import { errorOf, Web } from '../tools/web.ts';

let stage: Stage;
let a: Web;
let b: Web;

before(async () => {
  stage = await Stage.make();
  await mkdir(stage.path('drop'));
  const [alice, bob] = await Promise.all([newcomer('alice'), newcomer('bob')]);
  [a, b] = await Promise.all([Web.open(alice), Web.open(bob)]);
});

after(() => stage[Symbol.asyncDispose]());

async function newcomer(name: string): Promise<Person> {
  const person = stage.person(name);
  await (await Messenger.create({ home: person.home, name })).close();
  return person;
}

/** For `Updates.until`: the pairing of the only channel is like this. */
const pairing = (holds: (pairing: ApiPairing) => boolean) => (update: Update) => {
  const now = update.type === 'state' ? update.channels[0]?.pairing : undefined;
  return now && holds(now) ? now : undefined;
};

async function invites(more: object = {}): Promise<Invite> {
  return a.post('invites', { channel: 'bob', ...more });
}

test('a channel that can not be made is not, and the page is told why', async () => {
  const drop = `folder:${stage.path('drop')}`;
  const tries = [
    ['bad-role', { channel: 'bob', drop }],
    ['bad-name', { channel: '../bob', as: 'a', drop }],
    ['no-such-channel', { channel: 'bob' }],
    ['bad-request', { as: 'a', drop }],
  ] as const;
  for (const [code, body] of tries) assert.equal(errorOf(await a.try('invites', body)).code, code);
  assert.ok((await a.try('invites', { channel: 'bob', as: 'a', outputs: '{}' })).status >= 400);
  assert.deepEqual((await a.state()).channels, []);
});

test('invite and join: a wrong PIN costs the invite, the right one opens the channel, and both see one number', async () => {
  const heardByA = await a.listen();
  const heardByB = await b.listen();
  const first = await invites({ as: 'a', drop: `folder:${stage.path('drop')}` });
  assert.match(first.invite, /^btr1-/);
  assert.match(first.pin, /^\d{3} \d{3}$/);
  assert.ok(first.qr && /^(M\d+ \d+h\d+v1h-\d+z)+$/.test(first.qr.path) && first.qr.size > 21);
  await heardByA.until(pairing(({ state }) => state === 'open'));

  const asked = await b.try('join', { invite: first.invite, pin: first.pin });
  assert.equal(asked.status, 409);
  assert.ok(
    errorOf(asked).reasons?.some((reason) => reason.includes(stage.path('drop'))),
    asked.body.toString(),
  );
  assert.deepEqual((await b.state()).channels, []);
  const noPin = await b.try('join', { invite: first.invite, pin: 'x', yes: true });
  assert.deepEqual([noPin.status, errorOf(noPin).code], [400, 'bad-pin']);
  const noInvite = await b.try('join', { invite: 'btr1-nothing', pin: first.pin });
  assert.deepEqual([noInvite.status, errorOf(noInvite).code], [400, 'bad-invite']);

  await b.post('join', { invite: first.invite, pin: otherPin(first.pin), yes: true });
  await heardByA.until(pairing(({ state }) => state === 'burned'));
  await heardByB.until(pairing(({ state }) => state === 'refused'));
  assert.equal((await b.try('join', { invite: first.invite, pin: first.pin, yes: true })).status, 400);

  const second = await invites({ words: true });
  assert.match(second.pin, /^[a-z]+-[a-z]+$/);
  assert.deepEqual(await b.post('join', { invite: second.invite, pin: second.pin, yes: true }), { channel: 'alice' });
  await Promise.all(
    [a, b].map((web, index) => web.post(`channels/${index === 0 ? 'bob' : 'alice'}/messages`, { texts: ['hello'] })),
  );
  await Promise.all(
    [heardByA, heardByB].map((heard) =>
      heard.until((update) =>
        update.type === 'entry' && update.entry.event === 'message' && update.entry.receivedAt !== null
          ? true
          : undefined,
      ),
    ),
  );
  await heardByA.until(pairing(({ paired }) => paired));

  const ofA = await a.get<Verification>('channels/bob/verification');
  const ofB = await b.get<Verification>('channels/alice/verification');
  assert.match(ofA.digits, /^\d{60}$/);
  assert.deepEqual([ofA.digits, ofA.words], [ofB.digits, ofB.words]);
  assert.deepEqual([ofA.words.length, ofA.verified, ofA.changed], [12, false, false]);
  const wrong = await a.try('channels/bob/verification', { digits: '0'.repeat(60), verified: true });
  assert.deepEqual([wrong.status, errorOf(wrong).code], [400, 'identity-changed']);
  const marked = await a.post<Verification>('channels/bob/verification', { digits: ofA.digits, verified: true });
  assert.equal(marked.verified, true);
  await heardByA.until(pairing(({ verified }) => verified));
  assert.equal((await b.state()).channels[0]?.pairing?.verified, false);
  await a.post('channels/bob/verification', { digits: ofA.digits, verified: false });
  assert.equal((await a.state()).channels[0]?.pairing?.verified, false);
});

test('an invite is taken back', async () => {
  const heard = await a.listen();
  await invites({ replace: true });
  await heard.until(pairing(({ state }) => state === 'open'));
  await a.try('invites/bob', {}, 'DELETE');
  const { channels } = await a.state();
  assert.deepEqual([channels[0]?.pairing?.state, channels[0]?.pairing?.paired], ['burned', true]);
});

test('neither the terminal nor what is told later holds an invite or a PIN', async () => {
  const { invite, pin } = await invites({ replace: true });
  const told = [JSON.stringify(await a.state()), a.live.stdout, a.live.stderr];
  for (const text of told) for (const secret of [invite, pin]) assert.ok(!text.includes(secret));
});

/** Homes that are copied, moved and put back while they pair, and invites that can't be left in the drop. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { DropError } from '../../client/errors.ts';
import type { ChannelEvent } from '../../client/messenger/events.ts';
import type { InviteOptions, MadeInvite } from '../../client/messenger/pairing/invite.ts';
import { fileIdentity, isSameFile } from '../../client/store/file-identity.ts';
import { storePath } from '../../client/store/home.ts';
import { makePair } from '../messenger/pair.ts';
import { channel, type Person } from '../messenger/person.ts';
import { assertTalking, failure, invite, join, listenInTurn, makeStrangers, stateOf, told } from './pairing-support.ts';
import { backUp, putBack, talkOut, within } from './restored-tools.ts';

/** An invite, and the codes of what its maker is told. */
async function inviteAndHear(person: Person, options: InviteOptions = {}) {
  const heard: ChannelEvent[] = [];
  const made = await invite(person, { ...options, onNotice: ({ event }) => heard.push(event) });
  return { made, heard: heard.flatMap((event) => (event.type === 'notice' ? [event.code] : [])) };
}

test('scenario: in the copy of a home the first call may be an invite, which works', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  await putBack(a, await backUp(a));
  const { made } = await inviteAndHear(a);
  await assertJoins(a, b, made);
});

test('scenario: in the copy of a home with an open invite a new one works, and its maker is told of the old one', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  await invite(a);
  await putBack(a, await backUp(a));
  const { made, heard } = await inviteAndHear(a);
  assert.deepEqual(heard, ['restored']);
  await assertJoins(a, b, made);
});

test('scenario: in the copy of a paired home an invite in the place of the buddy works, and its maker is told', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  await putBack(a, await backUp(a));
  const { made, heard } = await inviteAndHear(a, { replace: true });
  assert.deepEqual(heard, ['restored']);
  await join(b, made.invite, made.pin, true);
  await listenInTurn(b, a, b, a, b, a);
  assert.equal(stateOf(b), 'confirmed');
  await assertTalking(a, b);
});

async function assertJoins(a: Person, b: Person, { invite: text, pin }: MadeInvite): Promise<void> {
  assert.equal(stateOf(a), 'open');
  await join(b, text, pin);
  await listenInTurn(b, a, b, a);
  assert.deepEqual(told(a), ['joined']);
  assert.deepEqual(told(b), ['replied', 'confirmed']);
  await assertTalking(a, b);
}

test('scenario: a home whose disk was mounted under another number is the same home, and its invite stays open', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  const made = await invite(a);
  const file = await fileIdentity(storePath(a.directory));
  await noteFile(a, `64769:${file}`);
  await assertJoins(a, b, made);
});

test('scenario: a home in another file than it was is a copy, and its invite is burned', async () => {
  await using people = await makeStrangers();
  const { a } = people;
  await invite(a);
  const [inode, birth] = (await fileIdentity(storePath(a.directory))).split(':');
  await noteFile(a, `64769:${Number(inode) + 1}:${birth}`);
  await a.listen();
  assert.deepEqual(told(a), ['restored']);
  assert.equal(stateOf(a), 'burned');
});

test('a file is known again with or without the number of a device in front, and by nothing less', () => {
  for (const noted of ['12:345', '1:12:345', '64769:12:345']) assert.ok(isSameFile(noted, '12:345'), noted);
  for (const noted of [undefined, '', '345', '112:345', '1:112:345', '12:3456', '12:345:1']) {
    assert.ok(!isSameFile(noted, '12:345'), noted);
  }
});

/** The home remembers another file as its own. */
async function noteFile(person: Person, file: string): Promise<void> {
  await within(person, ({ settings }) => settings.set('file', file));
  await person.restart();
}

test('scenario: a joiner that is put back to before the keys came says that it has ended, and joins by a new invite', async () => {
  await using people = await makeStrangers();
  const { a, b } = people;
  const first = await invite(a);
  await join(b, first.invite, first.pin);
  await b.queue('kept');
  const copy = await backUp(b);
  await listenInTurn(b, a, b, a);
  assert.equal(stateOf(b), 'confirmed');
  await putBack(b, copy);
  b.events.length = 0;
  await listenInTurn(b, b);
  assert.deepEqual(b.notices(), ['restored']);
  assert.equal(stateOf(b), 'refused');
  assert.equal((await b.messenger.pairings()).isWaiting(channel), false);
  assert.equal(await failure(join(b, first.invite, first.pin)), 'invite-used');
  const next = await invite(a, { replace: true });
  await join(b, next.invite, next.pin);
  await listenInTurn(b, a, b, a);
  assert.equal(stateOf(b), 'confirmed');
  assert.deepEqual(a.texts(), ['kept']);
  // What the copy has lost of the first time is asked for, and given up.
  await talkOut(a, b);
  await assertTalking(a, b);
});

test('scenario: an invite that can not be left takes back only itself, not the one that was made meanwhile', async () => {
  await using people = await makeStrangers();
  const { cloud, a, b } = people;
  const another = await a.another();
  const connect = cloud.drop.bind(cloud);
  let good: Promise<MadeInvite> | undefined;
  cloud.drop = (role) => {
    const drop = connect(role);
    cloud.drop = connect;
    drop.leave = async () => {
      const before = await cellOf(a);
      good = invite(a);
      while ((await cellOf(a)) === before) await turn();
      throw new DropError('The drop is gone.', { code: 'gone', retryable: false });
    };
    return drop;
  };
  assert.equal(await failure((await another.pairings()).invite(channel)), 'gone');
  assert.ok(good);
  const made = await good;
  await another.close();
  await assertJoins(a, b, made);
});

test('scenario: an invite that can not be left is open no more', async () => {
  await using people = await makeStrangers();
  const { cloud, a } = people;
  const connect = cloud.drop.bind(cloud);
  cloud.drop = (role) => {
    const drop = connect(role);
    drop.leave = async () => {
      throw new DropError('The drop is gone.', { code: 'gone', retryable: false });
    };
    return drop;
  };
  assert.equal(await failure(invite(a)), 'gone');
  assert.equal(stateOf(a), 'burned');
});

/** How often the pairing has changed. */
function cellOf(person: Person): Promise<number> {
  return within(person, ({ cells }, { id }) => cells.generation(id, 'pairing'));
}

/** What a store still holds of a pairing that came about, or can't any more: opened with its key, and as it lies on the disk. */
import assert from 'node:assert/strict';
import { join as joinPath } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import type { Channel } from '../../client/store/channels.ts';
import type { Home } from '../../client/store/home.ts';
import { channel, type Person } from '../messenger/person.ts';
import { invite, join, listenInTurn, makeStrangers, type Strangers, stateOf, told, wrong } from './pairing-support.ts';
import { backUp, putBack, within } from './restored-tools.ts';
import { foundWithin, type Needle, needle } from './secrecy-search.ts';

const day = 24 * 60 * 60 * 1000;
/** What an invite is good for, by default. */
const inviteStay = 7 * day;
/** The longest that any drop keeps the other half of an invite. */
const longestWait = 14 * day;

/** Names of what a pairing may hold only while it is under way; base64 in the store. */
const secretNames = ['secret', 'scalar', 'isk', 'oneTime', 'signed', 'kyber'];

/** Those that the store holds now, by name. */
function secretsOf(person: Person): Promise<Map<string, string>> {
  return within(person, ({ cells }, { id }) => {
    const found = new Map<string, string>();
    JSON.stringify(cells.get(id, 'pairing')?.value, (name: string, value: unknown) => {
      if (secretNames.includes(name) && typeof value === 'string') found.set(name, value);
      return value;
    });
    return found;
  });
}

/** Which of them stand anywhere in what the opened store keeps for the channel. */
function stillIn(person: Person, secrets: ReadonlyMap<string, string>): Promise<string[]> {
  return within(person, (home, known) => {
    const all = everythingIn(home, known);
    return [...secrets].filter(([, value]) => all.includes(value)).map(([name]) => name);
  });
}

function everythingIn({ db, cells, settings }: Home, known: Channel): string {
  const names = db.all('SELECT name FROM cells WHERE channel = ?', known.id).map((row) => row.text('name'));
  const values = names.map((name) => cells.get(known.id, name)?.value);
  return JSON.stringify([known, values, settings.get('identity')]);
}

/** Pieces of the sealed row of the pairing, as it lies on the disk. */
function sealedPieces({ directory }: Person): Needle[] {
  const db = new DatabaseSync(joinPath(directory, 'btr.sqlite'), { readOnly: true });
  const row = db.prepare("SELECT sealed FROM cells WHERE name = 'pairing'").get();
  db.close();
  const { sealed } = row ?? {};
  assert.ok(sealed instanceof Uint8Array);
  const starts = [0, 200, sealed.length - 32];
  return starts.map((start) => needle(`piece at ${start}`, sealed.subarray(start, start + 32)));
}

async function onDisk(person: Person, pieces: readonly Needle[]): Promise<number> {
  await person.messenger.close();
  const found = await foundWithin(person.directory, pieces);
  await person.restart();
  return found.length;
}

/** The pairing ends by what is done; then nothing of what it held is left. @param names what it holds before. */
async function assertErased(person: Person, names: readonly string[], end: () => Promise<void>): Promise<void> {
  const secrets = await secretsOf(person);
  const pieces = sealedPieces(person);
  assert.deepEqual([...secrets.keys()].sort(), [...names].sort());
  assert.equal((await stillIn(person, secrets)).length, names.length, 'what is looked for is found while it is there');
  assert.equal(await onDisk(person, pieces), pieces.length, 'its row is found while it is there');
  await end();
  assert.deepEqual(await stillIn(person, secrets), []);
  assert.equal(await onDisk(person, pieces), 0);
}

const ofInviter = ['secret', 'scalar', 'oneTime', 'signed', 'kyber'];
const ofJoiner = ['secret', 'isk'];

/** What ends an open invite of a's, the state it is in then, and what a is told. */
const endsOfInvite: readonly (readonly [
  what: string,
  state: string,
  notices: readonly string[],
  end: (people: Strangers, text: string, pin: string) => Promise<void>,
])[] = [
  [
    'that was joined by',
    'paired',
    ['joined'],
    async ({ a, b }, text, pin) => {
      await join(b, text, pin);
      await listenInTurn(b, a);
    },
  ],
  [
    'that was answered with a wrong PIN',
    'burned',
    ['invite-wrong-pin'],
    async ({ a, b }, text, pin) => {
      await join(b, text, wrong(pin));
      await listenInTurn(b, a);
    },
  ],
  [
    'whose time is over',
    'burned',
    ['invite-unanswered'],
    async ({ cloud, a }) => {
      cloud.advance(inviteStay + 1);
      await a.listen();
    },
  ],
  [
    'that was taken back',
    'burned',
    [],
    async ({ a }) => {
      (await a.messenger.pairings()).withdraw(channel);
    },
  ],
];
for (const [what, state, notices, end] of endsOfInvite) {
  test(`scenario: of an invite ${what} the inviter's store holds no scalar and no prekeys`, async () => {
    await using people = await makeStrangers();
    const { a } = people;
    const made = await invite(a);
    await assertErased(a, ofInviter, () => end(people, made.invite, made.pin));
    assert.equal(stateOf(a), state);
    assert.deepEqual(told(a), notices);
  });
}

test('scenario: an invite stays open to its last millisecond', async () => {
  await using people = await makeStrangers();
  const { cloud, a } = people;
  await invite(a);
  cloud.advance(inviteStay);
  await a.listen();
  assert.equal(stateOf(a), 'open');
  assert.deepEqual(told(a), []);
});

/** What ends the wait of b, who has joined and whom the other half of the invite has not reached. */
const endsOfWait: readonly (readonly [
  what: string,
  state: string,
  notices: readonly string[],
  end: (people: Strangers) => Promise<void>,
])[] = [
  ['who has replied', 'replied', ['replied'], ({ b }) => listenInTurn(b)],
  [
    'whom the keys have not reached in 14 days',
    'refused',
    ['join-unanswered'],
    async ({ cloud, b }) => {
      cloud.tamper('a-to-b', () => undefined);
      cloud.advance(longestWait - 1);
      await b.listen();
      assert.deepEqual(told(b), []);
      cloud.advance(1);
      await b.listen();
    },
  ],
  [
    'whose home was put back',
    'refused',
    ['restored'],
    async ({ cloud, b }) => {
      cloud.tamper('a-to-b', () => undefined);
      await putBack(b, await backUp(b));
      await b.listen();
    },
  ],
];
for (const [what, state, notices, end] of endsOfWait) {
  test(`scenario: the store of a joiner ${what} holds nothing of the key exchange`, async () => {
    await using people = await makeStrangers();
    const { a, b } = people;
    const made = await invite(a);
    await join(b, made.invite, made.pin);
    await assertErased(b, ofJoiner, () => end(people));
    assert.equal(stateOf(b), state);
    assert.deepEqual(told(b), notices);
  });
}

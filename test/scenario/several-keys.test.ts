/** Keys to drops beside the first: each goes to the drop it is for, and comes from whoever named that. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type DropAddress, type DropKey, type DropKeys, registerDrop } from '../../client/drops/registry.ts';
import { channel, type Person } from '../messenger/person.ts';
import { failure } from './pairing-support.ts';
import { dropsOf, makeSeveralPair, talk } from './several-tools.ts';

/** The keys that exist, and what to do when one more is made. */
const living = new Set<string>();
let made = 0;
let onCreate: (() => Promise<unknown>) | undefined;
/** What happens elsewhere between the moment in which a key is read and the one in which it is taken into use. */
let onParsed: (() => Promise<unknown>) | undefined;
let meanwhile: Promise<unknown> | undefined;

const keys: DropKeys = {
  removedBy: 'holder',
  async create() {
    made += 1;
    living.add(`KEY${made}`);
    await onCreate?.();
    return { id: `KEY${made}`, secret: 'secret' };
  },
  list: async () => [...living].map((id) => ({ id, active: true })),
  async remove(_address, _role, id) {
    living.delete(id);
  },
  untilUsable: async () => {},
  withKey: (address, key) => ({ ...address, credentials: key }),
  keyId: ({ credentials }) => (isKey(credentials) ? credentials.id : undefined),
  parseKey(value) {
    assert.ok(isKey(value));
    meanwhile = onParsed?.();
    onParsed = undefined;
    return value;
  },
  withUser: (address) => address,
};

function isKey(value: unknown): value is DropKey {
  return (
    typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string' && 'secret' in value
  );
}

registerDrop('keyed', async () => ({
  bodyBytes: 64 * 1024,
  parseUri: () => keyed('uri'),
  open: async () => assert.fail('opened by the test'),
  settle: async (address) => address,
  async id({ place }) {
    const happens = meanwhile;
    meanwhile = undefined;
    await happens;
    return String(place);
  },
  describe: ({ place }) => `keyed ${place}`,
  parse(value) {
    assert.ok(typeof value === 'object' && value !== null && 'place' in value);
    return { ...value, kind: 'keyed' };
  },
  share: async ({ credentials: _own, ...address }) => address,
  consent: ({ credentials }) => (credentials === undefined ? ['It holds no credentials.'] : []),
  keys,
}));

function keyed(place: string): DropAddress {
  return { kind: 'keyed', place };
}

/** The id of the key in use to the one drop that has any. */
async function keyIn(person: Person): Promise<string | undefined> {
  const { Home } = await import('../../client/store/home.ts');
  const home = await Home.open(person.directory, undefined);
  const addresses = home.channels.named(channel).further ?? [];
  home.close();
  return keys.keyId(addresses.at(-1) ?? keyed('none'));
}

test('keys: a drop that is added with a key is used at once; without one it is offered until a key comes', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['one', 'two']);
  const { a, b } = pair;
  await a.messenger.addDrop(channel, keyed('one'));
  await a.deliver();
  await talk(pair);
  assert.equal((await dropsOf(b, 'offered')).length, 1);
  await a.messenger.addDrop(channel, keyed('one'), { withKey: true });
  await a.deliver();
  await talk(pair);
  assert.deepEqual(await dropsOf(b, 'offered'), []);
  assert.equal((await dropsOf(b)).length, 2);
  assert.deepEqual([await keyIn(a), await keyIn(b)], [undefined, `KEY${made}`]);
  assert.ok(!JSON.stringify([b.messenger.channel(channel), await b.messenger.drops(channel)]).includes('secret'));
});

test('keys: a new key goes to the drop it is for, and the one before is removed', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['one']);
  const { a, b } = pair;
  const { id } = await a.messenger.addDrop(channel, keyed('one'), { withKey: true });
  await a.deliver();
  await talk(pair);
  const before = await keyIn(b);
  const pairings = await a.messenger.pairings();
  const key = await pairings.rotateKey(channel, { drop: id.slice(0, 6) });
  await a.deliver();
  await talk(pair);
  assert.equal(await keyIn(b), key);
  assert.ok(before !== undefined && !living.has(before) && living.has(key));
  await a.messenger.addDrop(channel, keyed('one'), { withKey: true });
  await a.deliver();
  await talk(pair);
  assert.equal(await keyIn(b), `KEY${made}`);
  assert.ok(!living.has(key));
  // Without a drop being named: the first that has keys.
  assert.equal(await pairings.takeOwnKey(channel), await keyIn(a));
  assert.equal(await failure(pairings.rotateKey(channel, { drop: 'abc' })), 'no-such-drop');
  const [first = ''] = await dropsOf(a);
  assert.equal(await failure(pairings.rotateKey(channel, { drop: first })), 'no-drop-keys');
});

test('keys: a process that is slow to take a key into use takes none that a newer one has followed', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['one']);
  const { a, b } = pair;
  const { id } = await a.messenger.addDrop(channel, keyed('one'), { withKey: true });
  await a.deliver();
  await talk(pair);
  const pairings = await a.messenger.pairings();
  const other = await b.another();
  let newest: string | undefined;
  onParsed = async () => {
    await setImmediate();
    newest = await pairings.rotateKey(channel, { drop: id });
    await a.deliver();
    for await (const _ of other.listen(channel, { wait: false })) assert.fail('nothing to show');
  };
  await pairings.rotateKey(channel, { drop: id });
  await a.deliver();
  await b.listen();
  assert.equal(await keyIn(b), newest);
  assert.ok(newest !== undefined && living.has(newest));
  await other.close();
});

test('keys: a key for a drop that is still an offer waits with it', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['one']);
  const { a, b } = pair;
  const { id } = await a.messenger.addDrop(channel, keyed('one'));
  await a.deliver();
  await talk(pair);
  const key = await (await a.messenger.pairings()).rotateKey(channel, { drop: id });
  await a.deliver();
  await talk(pair);
  assert.deepEqual(await dropsOf(b, 'offered'), [id]);
  await b.messenger.acceptDrop(channel, id);
  assert.equal(await keyIn(b), key);
});

test('keys: a key that was made in vain is removed again', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['one']);
  const { a } = pair;
  const other = await a.another();
  const before = new Set(living);
  onCreate = async () => {
    onCreate = undefined;
    for (let number = 0; number < 7; number += 1) await other.addDrop(channel, keyed(`more ${number}`));
  };
  assert.equal(await failure(a.messenger.addDrop(channel, keyed('one'), { withKey: true })), 'too-many-drops');
  assert.deepEqual(living, before);
  await other.close();
});

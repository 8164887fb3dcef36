/** Keys of a drop as the messenger uses them. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { dropKeys } from '../../client/drops/registry.ts';
import { SetupError } from '../../client/errors.ts';
import { bob, owner, ownersHome, place } from './owners-home.ts';

test('the whole way of two keys: into an invite, into the home, the first one gone', async () => {
  await using home = await ownersHome();
  const keys = await dropKeys('aws');
  const travelling = await keys.create({ ...place }, 'b');
  const lasting = await keys.create({ ...place }, 'b');
  assert.deepEqual(
    (await keys.list({ ...place }, 'b')).map(({ id }) => id),
    [travelling.id, lasting.id],
  );
  const inInvite = keys.withKey({ ...place }, keys.parseKey(JSON.parse(JSON.stringify(travelling))));
  assert.equal(keys.keyId(inInvite), travelling.id);
  const inHome = keys.withKey(inInvite, lasting);
  assert.equal(keys.keyId(inHome), lasting.id);
  await keys.remove(inHome, 'b', travelling.id, 'own');
  assert.deepEqual(
    home.iam.keys.map(({ id }) => id),
    [lasting.id],
  );
  assert.equal(home.iam.calls.at(-1)?.signer, lasting.id);
  await keys.remove({ ...place }, 'b', lasting.id, 'owner');
  assert.deepEqual(home.iam.keys, []);
  await assert.rejects(keys.remove({ ...place }, 'b', lasting.id, 'own'), { code: 'bad-address' });
});

test("the owner's rights are used even where the address holds a key", async () => {
  await using home = await ownersHome();
  const keys = await dropKeys('aws');
  const address = keys.withKey({ ...place }, await keys.create({ ...place }, 'b'));
  await keys.create(address, 'b');
  assert.deepEqual(
    home.iam.calls.map(({ signer }) => signer),
    [owner, owner],
  );
});

test('whose keys to make must be known, and a role has none', async () => {
  const keys = await dropKeys('aws');
  const { users: _, ...unknown } = place;
  await assert.rejects(keys.create(unknown, 'b'), (error) => {
    assert.ok(error instanceof SetupError);
    assert.equal(error.code, 'no-key-user');
    assert.match(error.hint ?? '', /Deploy the stack again.*--user NAME/);
    return true;
  });
  await assert.rejects(keys.list({ ...place }, 'a'), { code: 'no-user-keys', exitCode: 3 });
  await using home = await ownersHome();
  await keys.create(keys.withUser(unknown, 'b', bob), 'b');
  assert.equal(home.iam.keys[0]?.user, bob);
  for (const user of ['', 'b/ob', 'x'.repeat(65), 'bob\n']) {
    assert.throws(() => keys.withUser(unknown, 'b', user), { code: 'bad-address' });
  }
});

test('a key from somebody else is read strictly, and never quoted', async () => {
  const keys = await dropKeys('aws');
  const good = { id: 'AKIAAKIAAKIAAKIA', secret: 'secretsecretsecretsecret' };
  assert.deepEqual(keys.parseKey(good), good);
  const bad = [
    null,
    'secretsecretsecretsecret',
    {},
    { id: good.id },
    { ...good, more: 1 },
    { ...good, secretAccessKey: good.secret },
    { ...good, id: 'AKIA' },
    { ...good, id: `${good.id}\n` },
    { ...good, id: 'A'.repeat(129) },
    { ...good, secret: 7 },
    { ...good, secret: 'secretsecretsecretsecret secret' },
    { ...good, secret: 's'.repeat(129) },
  ];
  for (const value of bad) {
    assert.throws(
      () => keys.parseKey(value),
      (error) => {
        assert.ok(error instanceof Error && 'code' in error && error.code === 'bad-key', JSON.stringify(value));
        assert.doesNotMatch(String(error.stack), /secretsecret/);
        return true;
      },
    );
  }
  await assert.rejects(keys.remove({ ...place }, 'b', 'no id', 'owner'), { code: 'bad-key' });
});

test('a folder has no keys to hand over', async () => {
  await assert.rejects(dropKeys('folder'), { code: 'no-drop-keys', exitCode: 3 });
});

/** SAS sets as the owner of the account makes, lists and revokes them. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { azureKind } from '../../client/drops/azure/kind.ts';
import { type DropAddress, dropKeys } from '../../client/drops/registry.ts';
import { AzureAccount, bareAzure } from './azure-tools.ts';
import { withVariables } from './variables.ts';

const account = await AzureAccount.start();
after(() => account[Symbol.asyncDispose]());
const keys = await dropKeys('azure');

async function freshDrop(): Promise<DropAddress> {
  return azureKind.settle(azureKind.parseUri('azure:', 'a'), 'a');
}

async function idsOf(drop: DropAddress, role: 'a' | 'b') {
  return (await keys.list(drop, role)).map(({ id }) => id);
}

test('azure-keys: settling makes the drop and a set of its own; what is there already stays', async () => {
  const drop = await freshDrop();
  const own = keys.keyId(drop) ?? '';
  assert.match(own, /^a[0-9a-z]{19}$/);
  const { credentials: _, ...place } = drop;
  const again = await azureKind.settle(place, 'b');
  assert.deepEqual([await idsOf(drop, 'a'), await idsOf(drop, 'b')], [[own], [keys.keyId(again)]]);
});

test('azure-keys: an address that came with a set needs no account', async () => {
  const drop = await freshDrop();
  using _without = withVariables(bareAzure);
  assert.deepEqual(await azureKind.settle(drop, 'a'), drop);
  await assert.rejects(keys.create(drop, 'b'), { code: 'no-azure-account', exitCode: 3 });
});

test('azure-keys: a set goes into an address and is usable', async () => {
  const drop = await freshDrop();
  const key = await keys.create(drop, 'b');
  const theirs = keys.withKey(await azureKind.share(drop, 'b'), keys.parseKey(JSON.parse(JSON.stringify(key))));
  assert.equal(keys.keyId(theirs), key.id);
  await keys.untilUsable(theirs, 'b');
  const opened = await azureKind.open(theirs, { role: 'b', style: 'btr' });
  await opened.leave([{ to: 'a', body: 'text' }]);
  await opened.close();
  assert.ok(JSON.stringify(key).length < 220, 'short enough for an invite');
});

test('azure-keys: waiting for a set that is refused ends with the signal', async () => {
  const drop = await freshDrop();
  const key = await keys.create(drop, 'b');
  await keys.remove(drop, 'b', key.id, 'owner');
  const enough = new AbortController();
  const waiting = keys.untilUsable(keys.withKey(drop, key), 'b', { signal: enough.signal });
  setTimeout(() => enough.abort(new Error('enough')), 100);
  await assert.rejects(waiting, /enough/);
});

test('azure-keys: at most five sets live on a drop, and they are named', async () => {
  const drop = await freshDrop();
  const made = [keys.keyId(drop) ?? ''];
  for (let count = 0; count < 4; count += 1) made.push((await keys.create(drop, 'b')).id);
  await assert.rejects(keys.create(drop, 'a'), (error: Error & { code?: string; hint?: string }) => {
    assert.equal(error.code, 'too-many-keys');
    for (const id of made) assert.ok(error.message.includes(id), id);
    assert.match(error.message, new RegExp(`${made[0]} \\(this home's own\\)`));
    assert.match(error.hint ?? '', /az storage queue policy delete/);
    return true;
  });
  assert.equal((await idsOf(drop, 'b')).length, 4);
});

test('azure-keys: sets that are over make room', async () => {
  const drop = await freshDrop();
  for (let count = 0; count < 6; count += 1) await keys.create(drop, 'b', { until: Date.now() - 1_000 });
  assert.deepEqual(
    (await keys.list(drop, 'b')).map(({ active }) => active),
    [false],
  );
  const key = await keys.create(drop, 'b');
  assert.deepEqual(await keys.list(drop, 'b'), [{ id: key.id, active: true }]);
});

test('azure-keys: removing one leaves the others, and one that is gone is no error', async () => {
  const drop = await freshDrop();
  const [first, second] = [await keys.create(drop, 'b'), await keys.create(drop, 'b')];
  await keys.remove(drop, 'b', first.id, 'owner');
  await keys.remove(drop, 'b', first.id, 'owner');
  assert.deepEqual(await idsOf(drop, 'b'), [second.id]);
});

test('azure-keys: a set can not revoke itself, and says who can', async () => {
  const drop = await freshDrop();
  assert.equal(keys.removedBy, 'owner');
  await assert.rejects(keys.remove(drop, 'a', keys.keyId(drop) ?? '', 'own'), { code: 'owner-only' });
});

test('azure-keys: what others put there stays', async () => {
  const drop = await freshDrop();
  const address = { kind: 'azure' as const, account: account.azurite.account, name: String(drop.name) };
  const queue = account.ownersQueue({ ...address, endpoints: account.azurite.endpoints }, 'a-to-b');
  const { signedIdentifiers } = await queue.getAccessPolicy();
  const foreign = { id: 'backup', accessPolicy: { permissions: 'r', expiresOn: new Date(0), startsOn: new Date(0) } };
  await queue.setAccessPolicy([...signedIdentifiers, foreign]);
  const key = await keys.create(drop, 'b');
  await keys.remove(drop, 'b', key.id, 'owner');
  assert.deepEqual(
    (await queue.getAccessPolicy()).signedIdentifiers.map(({ id }) => id),
    [keys.keyId(drop), 'backup'],
  );
  assert.deepEqual(await keys.list(drop, 'b'), []);
});

test('azure-keys: a key that is none is refused', async () => {
  const drop = await freshDrop();
  const key = await keys.create(drop, 'b');
  const bad: readonly unknown[] = [
    undefined,
    'key',
    { id: key.id },
    { ...key, more: 1 },
    { ...key, id: '../x' },
    { ...key, secret: key.secret.slice(1) },
    { ...key, secret: `${key.secret}.x` },
  ];
  for (const value of bad) assert.throws(() => keys.parseKey(value), { code: 'bad-key' }, JSON.stringify(value));
  await assert.rejects(keys.remove(drop, 'b', 'x', 'owner'), { code: 'bad-key' });
  assert.throws(() => keys.withUser(drop, 'b', 'bob'), { code: 'bad-address' });
});

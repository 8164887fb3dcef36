/** Removing by hand what stayed in a drop's containers past its time. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { azureKind } from '../../client/drops/azure/kind.ts';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';
import type { Role } from '../../client/protocol/roles.ts';
import { AzureAccount, bareAzure } from './azure-tools.ts';
import { withVariables } from './variables.ts';

const account = await AzureAccount.start();
after(() => account[Symbol.asyncDispose]());
const hour = 3_600_000;

async function filledDrop() {
  const { a: address } = await account.drop();
  const put = async (role: Role, key: string) => {
    await account.ownersContainer(address, role).getBlockBlobClient(key).upload('text', 4);
    return key;
  };
  const keyAt = (role: Role, hours: number) => formatParcelKey(role, Date.now() + hours * hour, randomBytes(16));
  const list = async (role: Role) => {
    const names: string[] = [];
    for await (const { name } of account.ownersContainer(address, role).listBlobsFlat()) names.push(name);
    return names.sort();
  };
  return { address: { ...address }, put, keyAt, list };
}

test("azure-expire: what is over goes, and what is not btr's, and the rest stays", async () => {
  const { address, put, keyAt, list } = await filledDrop();
  const fresh: Record<Role, string[]> = { a: [], b: [] };
  for (const role of ['a', 'b'] as const) {
    for (const hours of [1, 24, 14 * 24]) fresh[role].push(await put(role, keyAt(role, hours)));
    for (const hours of [-1, -24, 24 * 16]) await put(role, keyAt(role, hours));
    await put(role, 'odd');
    // Under the other side's name: only its own container is a side's.
    await put(role, keyAt(role === 'a' ? 'b' : 'a', 1));
  }
  const report = await azureKind.expire?.(address, { now: Date.now() });
  assert.deepEqual(report, { removed: 10, aborted: 0, failed: 0, finished: true });
  assert.deepEqual([await list('a'), await list('b')], [fresh.a.sort(), fresh.b.sort()]);
});

test("azure-expire: it needs the owner's account, whatever set the address holds", async () => {
  const { address } = await filledDrop();
  using _without = withVariables(bareAzure);
  await assert.rejects(async () => azureKind.expire?.(address, { now: Date.now() }), { code: 'no-azure-account' });
});

test('azure-expire: a container that is gone is said', async () => {
  const { address } = await filledDrop();
  const { a } = await account.drop();
  await account.ownersContainer(a, 'b').delete();
  await assert.rejects(async () => azureKind.expire?.({ ...a }, { now: Date.now() }), {
    code: 'no-such-container',
    message: /btr-.*-b is not there/,
  });
  const aborted = AbortSignal.abort(new Error('enough'));
  await assert.rejects(async () => azureKind.expire?.(address, { now: Date.now(), signal: aborted }), /enough/);
});

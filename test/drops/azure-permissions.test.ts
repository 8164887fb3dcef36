/** What each side's SAS set allows and what not, asked of Azurite for real, operation by operation. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { type QueueClient, QueueServiceClient } from '@azure/storage-queue';
import { type AzureAddress, endpointsOf } from '../../client/drops/azure/address.ts';
import { makeSet, removeSet } from '../../client/drops/azure/keys.ts';
import { type SasSet, sasQuery } from '../../client/drops/azure/sas-set.ts';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';
import { directionFrom, directionTo, otherRole, type Role } from '../../client/protocol/roles.ts';
import { AzureAccount, containerWith, outcome, queueWith, setOf } from './azure-tools.ts';

const account = await AzureAccount.start();
after(() => account[Symbol.asyncDispose]());

/** Everything that can be asked of a queue; what needs a message finds one. */
function queueOperations(client: QueueClient, owner: QueueClient): Record<string, () => Promise<unknown>> {
  const taken = async () => {
    await owner.sendMessage('text');
    const { receivedMessageItems } = await owner.receiveMessages({ visibilityTimeout: 60 });
    const [message] = receivedMessageItems;
    assert.ok(message);
    return message;
  };
  return {
    add: () => client.sendMessage('text'),
    receive: () => client.receiveMessages(),
    peek: () => client.peekMessages(),
    clear: () => client.clearMessages(),
    delete: async () => {
      const { messageId, popReceipt } = await taken();
      await client.deleteMessage(messageId, popReceipt);
    },
    update: async () => {
      const { messageId, popReceipt } = await taken();
      await client.updateMessage(messageId, popReceipt, undefined, 1);
    },
    'look at it': () => client.getProperties(),
    'set its metadata': () => client.setMetadata({ a: 'b' }),
    'read its policies': () => client.getAccessPolicy(),
    'write its policies': () => client.setAccessPolicy([]),
    'make it': () => client.create(),
    'delete it': () => client.delete(),
  };
}

/** Everything that can be asked of a container; what needs a parcel finds one. */
function containerOperations(client: ContainerClient, owner: ContainerClient, role: Role) {
  const there = async () => {
    const key = formatParcelKey(role, Date.now(), randomBytes(16));
    await owner.getBlockBlobClient(key).upload('text', 4);
    return { blob: client.getBlobClient(key), block: client.getBlockBlobClient(key) };
  };
  const fresh = () => client.getBlockBlobClient(formatParcelKey(role, Date.now(), randomBytes(16)));
  return {
    'put in parts': async () => {
      const blob = fresh();
      const id = Buffer.from('1').toString('base64');
      await blob.stageBlock(id, 'text', 4);
      await blob.commitBlockList([id]);
    },
    'put at once': () => fresh().upload('text', 4),
    get: async () => (await there()).blob.downloadToBuffer(),
    'look at one': async () => (await there()).blob.getProperties(),
    delete: async () => (await there()).blob.delete(),
    overwrite: async () => (await there()).block.upload('other', 5),
    'set metadata of one': async () => (await there()).blob.setMetadata({ a: 'b' }),
    'list its parts': async () => (await there()).block.getBlockList('all'),
    tag: async () => (await there()).blob.setTags({ a: 'b' }),
    list: () => client.listBlobsFlat().next(),
    'list folders': () => client.listBlobsByHierarchy('/').next(),
    'look at it': () => client.getProperties(),
    'set its metadata': () => client.setMetadata({ a: 'b' }),
    'read its policies': () => client.getAccessPolicy(),
    'write its policies': () => client.setAccessPolicy('blob'),
    'make it': () => client.create(),
    'delete it': () => client.delete(),
  };
}

/** The names of what is allowed; everything else has to be refused, and by who asks. */
async function allowed(operations: Record<string, () => Promise<unknown>>): Promise<string[]> {
  const names: string[] = [];
  for (const [name, run] of Object.entries(operations)) {
    const came = await outcome(run);
    if (came === 'done') names.push(name);
    else assert.equal(came, 'refused', name);
  }
  return names;
}

for (const role of ['a', 'b'] as const) {
  const other = otherRole(role);

  test(`azure-permissions: side ${role} leaves on its queue and collects from the other`, async () => {
    const place = (await account.drop())[role];
    const set = setOf(place);
    const [out, back] = [directionFrom(role), directionTo(role)];
    const mine = queueOperations(queueWith(set, place, out), account.ownersQueue(place, out));
    const theirs = queueOperations(queueWith(set, place, back), account.ownersQueue(place, back));
    assert.deepEqual(await allowed(mine), ['add']);
    assert.deepEqual(await allowed(theirs), ['receive', 'delete', 'update']);
  });

  test(`azure-permissions: side ${role} writes its container and reads the other`, async () => {
    const place = (await account.drop())[role];
    const set = setOf(place);
    const mine = containerOperations(containerWith(set, place, role), account.ownersContainer(place, role), role);
    const theirs = containerOperations(containerWith(set, place, other), account.ownersContainer(place, other), other);
    const own = ['put in parts', 'put at once', 'delete', 'overwrite', 'set metadata of one'];
    assert.deepEqual(await allowed(mine), own);
    assert.deepEqual(await allowed(theirs), ['get', 'look at one', 'delete', 'list its parts']);
  });
}

/** One request at each place with everything a set holds, each allowed to who may. */
function everywhere(set: SasSet, place: AzureAddress, role: Role): Promise<string[]> {
  const key = (whose: Role) => formatParcelKey(whose, Date.now(), randomBytes(16));
  const other = otherRole(role);
  return Promise.all([
    outcome(() => queueWith(set, place, directionFrom(role)).sendMessage('text')),
    outcome(() => queueWith(set, place, directionTo(role)).receiveMessages()),
    outcome(() => containerWith(set, place, role).getBlockBlobClient(key(role)).upload('text', 4)),
    outcome(() => containerWith(set, place, other).getBlobClient(key(other)).deleteIfExists()),
  ]);
}

const all = { done: ['done', 'done', 'done', 'done'], refused: Array.from({ length: 4 }, () => 'refused') };

test('azure-permissions: a set opens nothing of another drop in the same account', async () => {
  const [mine, others] = [await account.drop(), await account.drop()];
  assert.deepEqual(await everywhere(setOf(mine.b), mine.b, 'b'), all.done);
  assert.deepEqual(await everywhere(setOf(mine.b), others.b, 'b'), all.refused);
});

test('azure-permissions: a set opens nothing of the account', async () => {
  const { b } = await account.drop();
  const { queue, blob } = endpointsOf(b);
  const queues = new QueueServiceClient(`${queue}?${sasQuery(setOf(b), 'a-to-b', false)}`);
  const blobs = new BlobServiceClient(`${blob}?${sasQuery(setOf(b), 'a', false)}`);
  const asked = await Promise.all([
    outcome(() => queues.listQueues().next()),
    outcome(() => queues.getProperties()),
    outcome(() => queues.createQueue('more')),
    outcome(() => blobs.listContainers().next()),
    outcome(() => blobs.getProperties()),
    outcome(() => blobs.createContainer('more')),
  ]);
  assert.equal(asked.filter((one) => one === 'done').length, 0, asked.join());
});

test('azure-permissions: a signature is good for its own place alone', async () => {
  const { a } = await account.drop();
  const set = setOf(a);
  assert.deepEqual(
    [
      await outcome(() => queueWith(set, a, 'a-to-b', 'b-to-a').sendMessage('text')),
      await outcome(() => queueWith(set, a, 'b-to-a', 'a-to-b').receiveMessages()),
      await outcome(() => containerWith(set, a, 'b', 'a').getBlobClient('x').download()),
    ],
    ['refused', 'refused', 'refused'],
  );
});

test('azure-permissions: a revoked set opens nothing, and the others go on', async () => {
  const { a, b } = await account.drop();
  const second = await makeSet(b, 'b', {});
  await removeSet(b, setOf(b).id);
  assert.deepEqual(await everywhere(setOf(b), b, 'b'), all.refused);
  assert.deepEqual(await everywhere(second, b, 'b'), all.done);
  assert.deepEqual(await everywhere(setOf(a), a, 'a'), all.done);
});

test('azure-permissions: a set that is over opens nothing', async () => {
  const { b } = await account.drop();
  const over = await makeSet(b, 'b', { until: Date.now() - 1_000 });
  assert.deepEqual(await everywhere(over, b, 'b'), all.refused);
});

test('azure-permissions: a set that was altered opens nothing', async () => {
  const { a, b } = await account.drop();
  const [mine, theirs] = [setOf(b), setOf(a)];
  const signature = mine.secret.replaceAll(/(^|\.)(.)/g, (_, dot, first) => `${dot}${first === 'A' ? 'B' : 'A'}`);
  assert.deepEqual(await everywhere({ ...mine, secret: signature }, b, 'b'), all.refused);
  // Another policy's name under its own signatures: the rights of the other side.
  assert.deepEqual(await everywhere({ id: theirs.id, secret: mine.secret }, a, 'a'), all.refused);
});

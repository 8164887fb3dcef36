/** How an Azure drop receives: what it holds stays hidden, what it can't get over is said, and it finds what is too much. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { RequestPolicyFactory } from '@azure/storage-queue';
import { accessTo } from '../../client/drops/azure/access.ts';
import type { AzureAddress } from '../../client/drops/azure/address.ts';
import { AzureDrop } from '../../client/drops/azure/azure-drop.ts';
import { Transport } from '../../client/drops/azure/transport.ts';
import type { DropError } from '../../client/errors.ts';
import type { Role } from '../../client/protocol/roles.ts';
import { bodies, collectDone, nextBatch } from '../contract/tools.ts';
import { AzureAccount, outcome, queueWith, setOf } from './azure-tools.ts';

const account = await AzureAccount.start();
after(() => account[Symbol.asyncDispose]());

/** Sees each request on its way, and may end it there. */
class WatchedTransport extends Transport {
  onRequest: (method: string, url: URL) => void = () => {};

  override get policy(): RequestPolicyFactory {
    const { create } = super.policy;
    return {
      create: (next, options) => {
        const inner = create(next, options);
        return {
          sendRequest: async (request) => {
            this.onRequest(request.method, new URL(request.url));
            return inner.sendRequest(request);
          },
        };
      },
    };
  }
}

interface Watched {
  readonly role: Role;
  readonly visibility?: number;
  readonly onTrouble?: (error: DropError) => void;
}

async function open(address: AzureAddress, options: Watched) {
  const transport = new WatchedTransport({ backoff: 5 });
  const drop = new AzureDrop({ address, ...options, access: await accessTo(address, transport), transport });
  return { drop, transport, [Symbol.asyncDispose]: () => drop.close() };
}

test('azure-collect: what is held is hidden anew, each time with another receipt, and still goes', async () => {
  const { a, b } = await account.drop();
  await using sender = await open(a, { role: 'a' });
  await using receiver = await open(b, { role: 'b', visibility: 1 });
  const receipts: (string | null)[] = [];
  const renewed = Promise.withResolvers<void>();
  receiver.transport.onRequest = (method, { searchParams }) => {
    if (method === 'PUT') receipts.push(searchParams.get('popreceipt'));
    if (receipts.length === 3) renewed.resolve();
  };
  await sender.drop.leave([{ to: 'b', body: 'text' }]);
  const collecting = receiver.drop.collect({ wait: true })[Symbol.asyncIterator]();
  const [delivery] = await nextBatch(collecting);
  await renewed.promise;
  await delivery?.done();
  await collecting.return?.();
  assert.equal(new Set(receipts).size, receipts.length, 'a receipt is used once');
  assert.equal((await account.ownersQueue(b, 'a-to-b').getProperties()).approximateMessagesCount, 0);
});

test('azure-collect: one that somebody else has meanwhile can be settled all the same', async () => {
  const { a, b } = await account.drop();
  await using sender = await open(a, { role: 'a' });
  await using receiver = await open(b, { role: 'b' });
  await sender.drop.leave([{ to: 'b', body: 'one' }]);
  const collecting = receiver.drop.collect({ wait: true })[Symbol.asyncIterator]();
  const batch = await nextBatch(collecting);
  await account.ownersQueue(b, 'a-to-b').clearMessages();
  await Promise.all(batch.map((delivery) => delivery.done()));
  await collecting.return?.();
});

test('azure-collect: messages last 14 days', async () => {
  const { a, b } = await account.drop();
  await using sender = await open(a, { role: 'a' });
  await sender.drop.leave([{ to: 'b', body: 'text' }]);
  const [message] = (await account.ownersQueue(b, 'a-to-b').peekMessages()).peekedMessageItems;
  assert.equal(message?.messageText, 'text');
  assert.equal((message?.expiresOn.getTime() ?? 0) - (message?.insertedOn.getTime() ?? 0), 14 * 86_400_000);
});

test('azure-collect: waiting survives a service in trouble and tells of it; a refusal ends it', async () => {
  const { a, b } = await account.drop();
  const troubles: string[] = [];
  await using sender = await open(a, { role: 'a' });
  await using receiver = await open(b, { role: 'b', onTrouble: ({ code }) => troubles.push(code) });
  let failing = 3;
  receiver.transport.onRequest = () => {
    failing -= 1;
    if (failing >= 0) throw Object.assign(new Error('no'), { code: 'ECONNRESET' });
  };
  const left = bodies(3);
  await sender.drop.leave(left.map((body) => ({ to: 'b', body })));
  assert.deepEqual(await collectDone(receiver.drop, 3), left);
  assert.deepEqual(troubles, ['connection-lost', 'connection-lost', 'connection-lost']);
  const set = setOf(b);
  await using wrong = await open({ ...b, credentials: { ...set, secret: setOf(a).secret } }, { role: 'b' });
  const refused = wrong.drop.collect({ wait: true })[Symbol.asyncIterator]();
  await assert.rejects(async () => refused.next(), { code: 'invalid-credentials' });
});

test('azure-collect: bodies that no honest buddy leaves come through as they are', async () => {
  const { a, b } = await account.drop();
  await using receiver = await open(b, { role: 'b' });
  const odd = ['<a>&amp;"\'</a>', ']]>', 'ä€😀', '   ', `${'x'.repeat(60_000)}`];
  for (const body of odd)
    await queueWith(setOf(a), a, 'a-to-b').sendMessage(body.replaceAll('&', '&amp;').replaceAll('<', '&lt;'));
  assert.equal((await collectDone(receiver.drop, odd.length)).length, odd.length);
});

test('azure-check: a set with too little or too much is found, with the next step', async () => {
  const { a, b } = await account.drop();
  const queue = account.ownersQueue(b, 'b-to-a');
  const rewrite = async (permissions: string) => {
    const { signedIdentifiers } = await queue.getAccessPolicy();
    const changed = signedIdentifiers.map((policy) =>
      policy.id === setOf(b).id ? { ...policy, accessPolicy: { ...policy.accessPolicy, permissions } } : policy,
    );
    await queue.setAccessPolicy(changed);
  };
  const badOnes = async () => {
    await using receiver = await open(b, { role: 'b' });
    return (await receiver.drop.check()).filter(({ ok }) => !ok);
  };
  assert.deepEqual(await badOnes(), []);
  await rewrite('r');
  const [little, much, ...more] = await badOnes();
  assert.match(`${little?.what} ${little?.text}`, /leave messages \(b-to-a\).*may not leave messages.*rotate-key/);
  assert.match(`${much?.what} ${much?.text}`, /no more than needed.*read what it left \(b-to-a\).*revoke/);
  assert.deepEqual(more, []);
  // Nothing was changed by looking.
  assert.equal((await queue.getProperties()).approximateMessagesCount, 0);
  assert.equal(await outcome(() => queueWith(setOf(a), a, 'b-to-a').receiveMessages()), 'done');
});

test('azure-check: round trip, clock and credentials are told', async () => {
  const { b } = await account.drop();
  await using receiver = await open(b, { role: 'b' });
  const findings = await receiver.drop.check();
  const text = (what: string) => findings.find((finding) => finding.what === what)?.text ?? '';
  assert.match(text('round trip'), /ms/);
  assert.match(text('clock'), /agrees/);
  assert.match(text('credentials'), new RegExp(setOf(b).id));
});

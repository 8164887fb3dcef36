/** What a person is told when something is wrong with an Azure drop, and that a call always ends. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { inspect } from 'node:util';
import { accessTo } from '../../client/drops/azure/access.ts';
import type { AzureAddress } from '../../client/drops/azure/address.ts';
import { AzureDrop } from '../../client/drops/azure/azure-drop.ts';
import { makeSet, removeSet } from '../../client/drops/azure/keys.ts';
import { azureKind } from '../../client/drops/azure/kind.ts';
import { type Timing, Transport } from '../../client/drops/azure/transport.ts';
import { DropError } from '../../client/errors.ts';
import { freshKey } from '../contract/tools.ts';
import { stubTcp } from '../tools/stub.ts';
import { listen } from './aws-tools.ts';
import { AzureAccount, bareAzure, setOf } from './azure-tools.ts';
import { withVariables } from './variables.ts';

const account = await AzureAccount.start();
after(() => account[Symbol.asyncDispose]());

async function open(address: AzureAddress, timing: Partial<Timing> = {}): Promise<AzureDrop & AsyncDisposable> {
  const transport = new Transport({ attempts: 1, ...timing });
  const drop = new AzureDrop({ address, role: 'b', access: await accessTo(address, transport), transport });
  return Object.assign(drop, { [Symbol.asyncDispose]: () => drop.close() });
}

/** What leaving, collecting, fetching and the check say, once each. */
async function failuresOf(address: AzureAddress, timing?: Partial<Timing>): Promise<DropError[]> {
  await using drop = await open(address, timing);
  const calls = [
    () => drop.leave([{ to: 'a', body: 'text' }]),
    () => drop.collect({ wait: false })[Symbol.asyncIterator]().next(),
    () => drop.parcels.get(freshKey('a'), { offset: 0, length: 1 })[Symbol.asyncIterator]().next(),
  ];
  return await Promise.all(
    calls.map(async (call) => {
      const error = await call().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof DropError, String(error));
      assert.ok(error.hint !== undefined && error.exitCode === 4);
      const secret = setOf(address).secret.split('.')[0] ?? '';
      const shown = inspect(error, { depth: 9 });
      assert.ok(!shown.includes('sig=') && !shown.includes(secret.slice(0, 20)), 'no secret in an error');
      return error;
    }),
  );
}

function codes(errors: readonly DropError[]): string[] {
  return errors.map(({ code }) => code);
}

test('azure-errors: queues and containers that are gone are named', async () => {
  const { b } = await account.drop();
  await account.ownersQueue(b, 'b-to-a').delete();
  await account.ownersContainer(b, 'a').delete();
  await using drop = await open(b);
  // With a place its policies are gone, so that a set may be refused before anything is looked for.
  await assert.rejects(drop.leave([{ to: 'a', body: 'text' }]), /revoked.*is gone/);
  const owners = await azureKind.open({ ...b, credentials: undefined }, { role: 'b', style: 'btr' });
  await assert.rejects(owners.leave([{ to: 'a', body: 'text' }]), {
    code: 'no-such-queue',
    message: new RegExp(`queue btr-${b.name}-b-to-a is not there`),
  });
  const get = owners.parcels?.get(freshKey('a'), { offset: 0, length: 1 });
  await assert.rejects(async () => get?.[Symbol.asyncIterator]().next(), { code: 'no-such-container' });
  await owners.close();
});

test('azure-errors: a set that is over or was revoked is said, with who can make another', async () => {
  const { b } = await account.drop();
  const over = await makeSet(b, 'b', { until: Date.now() - 1_000 });
  await removeSet(b, setOf(b).id);
  for (const address of [b, { ...b, credentials: over }]) {
    for (const { message, hint } of await failuresOf(address)) {
      assert.match(message, /expired or was revoked/);
      assert.match(hint ?? '', /rotate-key/);
    }
  }
});

test("azure-errors: an account's key that is wrong is said to be that", async () => {
  const { a } = await account.drop();
  const { credentials: _, ...place } = a;
  const wrong = account.azurite.connectionString.replace(/AccountKey=..../, 'AccountKey=AAAA');
  using _variables = withVariables({ ...bareAzure, AZURE_STORAGE_CONNECTION_STRING: wrong });
  await assert.rejects(azureKind.settle(place, 'a'), { exitCode: 4, message: /account's/ });
});

test('azure-errors: what the service says in its own codes is said in plain words', async () => {
  const { b } = await account.drop();
  const cases = [
    [403, 'AuthenticationFailed', 'invalid-credentials', false],
    [403, 'AuthorizationFailure', 'access-denied', false],
    [403, 'AuthorizationPermissionMismatch', 'access-denied', false],
    [403, 'AccountIsDisabled', 'account-disabled', false],
    [409, 'QueueBeingDeleted', 'being-deleted', true],
    [404, 'ResourceNotFound', 'bad-answer', false],
    [503, 'ServerBusy', 'throttled', true],
    [500, 'InternalError', 'service-failure', true],
    [502, '', 'service-failure', true],
    [403, '', 'access-denied', false],
    [418, 'Teapot', 'azure-failure', false],
  ] as const;
  let answer: (typeof cases)[number] = cases[0];
  const server = createServer((request, response) => {
    request.resume();
    const [status, code] = answer;
    const body = code === '' ? '' : `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`;
    const head = { 'content-type': 'application/xml', ...(code === '' ? {} : { 'x-ms-error-code': code }) };
    response.writeHead(status, head).end(body);
  });
  const url = await listen(server);
  const at = `${url}/devstoreaccount1`;
  for (const one of cases) {
    answer = one;
    const errors = await failuresOf({ ...b, endpoints: { queue: at, blob: at } });
    const [, name, code, retryable] = one;
    assert.deepEqual(codes(errors), [code, code, code], name);
    assert.ok(
      errors.every((error) => error.retryable === retryable),
      name,
    );
  }
  server.close();
});

test('azure-errors: a host that refuses, hangs or talks nonsense ends every call', async () => {
  const { b } = await account.drop();
  const at = (endpoint: string) => ({ ...b, endpoints: { queue: `${endpoint}/x`, blob: `${endpoint}/x` } });
  const silent = await stubTcp(() => {});
  assert.deepEqual(codes(await failuresOf(at(silent.endpoint), { answer: 100 })), Array(3).fill('no-answer'));
  await silent[Symbol.asyncDispose]();
  assert.deepEqual(codes(await failuresOf(at(silent.endpoint))), Array(3).fill('connection-refused'));
  await using refused = await open(at(silent.endpoint));
  assert.ok((await refused.check({})).every(({ what, ok }) => what === 'credentials' || !ok));
  await using odd = await stubTcp((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
  for (const { retryable, message } of await failuresOf(at(odd.endpoint))) {
    assert.match(message, /Azure/);
    assert.equal(typeof retryable, 'boolean');
  }
});

test('azure-errors: an abort ends a call to a host that hangs, at once and with its reason', async () => {
  const { b } = await account.drop();
  const connected = Promise.withResolvers<void>();
  await using silent = await stubTcp(() => connected.resolve());
  const at = `${silent.endpoint}/x`;
  await using drop = await open({ ...b, endpoints: { queue: at, blob: at } });
  const enough = new AbortController();
  const leaving = drop.leave([{ to: 'a', body: 'text' }], { signal: enough.signal });
  await connected.promise;
  enough.abort(new Error('enough'));
  await assert.rejects(leaving, /enough/);
});

/** Connection strings and addresses, as people and buddies hand them over. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { accountFor, ownersAccount, parseConnectionString, placeIn } from '../../client/drops/azure/account.ts';
import { parseAzureAddress } from '../../client/drops/azure/address.ts';
import { azureKind } from '../../client/drops/azure/kind.ts';
import { dropTag, parseDropAddress, parseDropUri } from '../../client/drops/registry.ts';
import { BtrError } from '../../client/errors.ts';
import { bareAzure } from './azure-tools.ts';
import { withVariables } from './variables.ts';

const key = randomBytes(64).toString('base64');
const good = `DefaultEndpointsProtocol=https;AccountName=talks;AccountKey=${key};EndpointSuffix=core.windows.net`;
const set = { id: `a${'0'.repeat(19)}`, secret: Array.from({ length: 4 }, () => 'A'.repeat(43)).join('.') };

function fault(run: () => unknown): BtrError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof BtrError, String(error));
    return error;
  }
  throw new Error('it was taken');
}

test('azure-account: a connection string says account, key and endpoints', () => {
  const endpoints = { queue: 'https://talks.queue.core.windows.net', blob: 'https://talks.blob.core.windows.net' };
  assert.deepEqual(parseConnectionString(`${good}\r\n`), { name: 'talks', key, endpoints });
  assert.deepEqual(placeIn(parseConnectionString(good), 'x'), { kind: 'azure', account: 'talks', name: 'x' });
  const china = good.replace('core.windows.net', 'core.chinacloudapi.cn');
  assert.equal(parseConnectionString(china).endpoints.blob, 'https://talks.blob.core.chinacloudapi.cn');
  const own = `${good};QueueEndpoint=http://127.0.0.1:1/talks;BlobEndpoint=http://127.0.0.1:2/talks/`;
  const { endpoints: given } = parseConnectionString(own);
  assert.deepEqual(given, { queue: 'http://127.0.0.1:1/talks', blob: 'http://127.0.0.1:2/talks' });
  assert.deepEqual(placeIn(parseConnectionString(own), 'x').endpoints, given);
});

test('azure-account: what is no connection string of a storage account is said to be what it is', () => {
  const cases: readonly [string, RegExp][] = [
    ['', /no storage account/],
    ['hello', /no storage account/],
    [good.replace('talks', 'Talks_1'), /no storage account/],
    [good.replace(/AccountKey=[^;]+;/, ''), /no key/],
    [good.replace(key, key.slice(0, 20)), /cut or altered/],
    [good.replace(key, `${key.slice(0, 40)} ${key.slice(41)}`), /cut or altered/],
    [`${good};QueueEndpoint=nowhere`, /no URL/],
    ['UseDevelopmentStorage=true', /UseDevelopmentStorage/],
    ['BlobEndpoint=https://x.blob.core.windows.net;SharedAccessSignature=sv=1&sig=x', /holds a SAS/],
    ['Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=x', /Service Bus or Event Hubs/],
    ['AccountEndpoint=https://x.documents.azure.com:443/;AccountKey=x', /Cosmos DB/],
    ['HostName=x.azure-devices.net;SharedAccessKeyName=owner;SharedAccessKey=x', /IoT Hub/],
    ['InstrumentationKey=00000000-0000-0000-0000-000000000000', /Application Insights/],
    ['Server=tcp:x.database.windows.net,1433;User ID=x;Password=x', /a database/],
    ['aws_access_key_id = AKIAIOSFODNN7EXAMPLE', /AWS/],
    ['endpoint=https://x.communication.azure.com/;accesskey=x', /another service/],
  ];
  for (const [text, what] of cases) {
    const { code, message, hint, exitCode } = fault(() => parseConnectionString(text));
    assert.deepEqual({ code, exitCode }, { code: 'bad-connection-string', exitCode: 2 }, text);
    assert.match(message, what);
    assert.match(hint ?? '', /show-connection-string/);
    assert.ok(!message.includes(key), 'no secret in a message');
  }
});

test('azure-account: the environment names the account, in the order of its own tools', () => {
  const byName = { AZURE_STORAGE_ACCOUNT: 'other', AZURE_STORAGE_KEY: key };
  assert.equal(ownersAccount({ AZURE_STORAGE_CONNECTION_STRING: good, ...byName }).name, 'talks');
  assert.deepEqual(ownersAccount(byName), {
    name: 'other',
    key,
    endpoints: { queue: 'https://other.queue.core.windows.net', blob: 'https://other.blob.core.windows.net' },
  });
  assert.equal(ownersAccount({ AZURE_STORAGE_ACCOUNT: 'other' }).key, undefined);
  assert.equal(fault(() => ownersAccount({ AZURE_STORAGE_ACCOUNT: 'Not One' })).code, 'bad-connection-string');
  const none = fault(() => ownersAccount({}));
  assert.deepEqual([none.code, none.exitCode], ['no-azure-account', 3]);
  assert.match(none.hint ?? '', /--connection-string-file.*az login/);
});

test("azure-account: another account than the drop's is not used for it", () => {
  const address = parseAzureAddress({ kind: 'azure', account: 'others', name: 'x' });
  const { code, message } = fault(() => accountFor(address, { AZURE_STORAGE_CONNECTION_STRING: good }));
  assert.equal(code, 'no-azure-account');
  assert.match(message, /others.*talks/);
});

test('azure-account: a URI names the drop, or none for a new one', async () => {
  using _variables = withVariables({ ...bareAzure, AZURE_STORAGE_CONNECTION_STRING: good });
  assert.deepEqual(await parseDropUri('azure:my-drop', 'a'), { kind: 'azure', account: 'talks', name: 'my-drop' });
  const fresh = [await parseDropUri('azure:', 'a'), await parseDropUri('azure:', 'a')].map(parseAzureAddress);
  assert.match(fresh[0]?.name ?? '', /^[0-9a-f]{10}$/);
  assert.notEqual(fresh[0]?.name, fresh[1]?.name);
  for (const name of ['My', 'a--b', '-a', 'a-', 'a_b', 'a'.repeat(41), 'a/b', 'a?b']) {
    await assert.rejects(parseDropUri(`azure:${name}`, 'a'), { code: 'bad-address' }, name);
  }
});

test('azure-account: both sides know the drop by the same tag, and another by another', async () => {
  const mine = { kind: 'azure', account: 'talks', name: 'x', credentials: set };
  const tag = await dropTag(mine);
  assert.equal(await dropTag(await azureKind.share(mine, 'b')), tag);
  assert.notEqual(await dropTag({ ...mine, name: 'y' }), tag);
  assert.notEqual(await dropTag({ ...mine, account: 'walks' }), tag);
});

test('azure-account: an address is handed on without the set of who hands it on', async () => {
  const mine = { kind: 'azure', account: 'talks', name: 'x', credentials: set };
  assert.deepEqual(await azureKind.share(mine, 'b'), { kind: 'azure', account: 'talks', name: 'x' });
  assert.ok(!azureKind.describe(mine).includes(set.secret));
});

test('azure-account: an address from somebody else is read strictly', async () => {
  const address = { kind: 'azure', account: 'talks', name: 'x' };
  const endpoints = { queue: 'https://a.example/q', blob: 'https://a.example/b' };
  assert.deepEqual(await parseDropAddress({ ...address, endpoints, credentials: set }), {
    ...address,
    endpoints,
    credentials: set,
  });
  const bad: readonly object[] = [
    { account: '../x' },
    { account: 7 },
    { name: 'a/../b' },
    { name: undefined },
    { more: 1 },
    { endpoints: { queue: 'https://a.example' } },
    { endpoints: { ...endpoints, blob: 'file:///etc/passwd' } },
    { endpoints: { ...endpoints, blob: 'https://user:word@a.example' } },
    { endpoints: { ...endpoints, blob: 'https://a.example/?sig=x' } },
    { endpoints: { ...endpoints, blob: `https://a.example/${'x'.repeat(256)}` } },
    { endpoints: [] },
    { credentials: { ...set, more: 1 } },
    { credentials: { ...set, id: 'c0000000000000000000' } },
    { credentials: { ...set, secret: `${set.secret}&sr=b` } },
    { credentials: null },
  ];
  for (const change of bad) {
    await assert.rejects(parseDropAddress({ ...address, ...change }), { code: 'bad-address' }, JSON.stringify(change));
  }
});

test("azure-account: what is not Azure's own, or goes by one's own account, needs a yes", () => {
  const own = { kind: 'azure', account: 'talks', name: 'x' };
  const at = (url: string) => azureKind.consent({ ...own, endpoints: { queue: url, blob: url }, credentials: set });
  assert.deepEqual(azureKind.consent({ ...own, credentials: set }), []);
  assert.match(azureKind.consent(own).join(), /this machine's own Azure account/);
  assert.match(at('https://127.0.0.1:10001/talks').join(), /on this machine: https:\/\/127\.0\.0\.1:10001/);
  assert.match(at('http://169.254.169.254/talks').join(), /inside this network/);
  assert.match(at('http://talks.example').join(), /not Azure's own, without encryption/);
  assert.match(at('https://talks.queue.core.windows.net.example').join(), /not Azure's own/);
  assert.match(at('http://talks.queue.core.windows.net').join(), /without encryption/);
  assert.deepEqual(at('https://talks.queue.core.usgovcloudapi.net'), []);
});

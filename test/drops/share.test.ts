/** Addresses on their way to somebody else: what they carry, how strictly they are read, and when the user is asked. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import {
  type DropAddress,
  dropConsent,
  dropKind,
  openDrop,
  parseDropAddress,
  settleDrop,
  shareDrop,
} from '../../client/drops/registry.ts';
import { bare, withVariables } from './variables.ts';

const account = '123456789012';
const url = (name: string, region = 'eu-central-1') => `https://sqs.${region}.amazonaws.com/${account}/${name}`;
const credentials = { accessKeyId: 'AKIAAKIAAKIAAKIA', secretAccessKey: 'secretsecretsecretsecret' };
const urls = { 'a-to-b': url('Btr-alice-bob-a-to-b.fifo'), 'b-to-a': url('Btr-alice-bob-b-to-a.fifo') };
const names = { 'a-to-b': 'Btr-alice-bob-a-to-b.fifo', 'b-to-a': 'Btr-alice-bob-b-to-a.fifo' };
const owners: DropAddress = {
  kind: 'aws',
  queues: urls,
  bucket: 'btr-alice-bob-parcels',
  region: 'eu-central-1',
  account,
  users: { a: 'Btr-alice-bob-alice', b: 'Btr-alice-bob-bob' },
  credentials,
};

test('aws: a buddy gets the place and its own user, never these credentials, in few bytes', async () => {
  const shared = await shareDrop(owners, 'b');
  assert.deepEqual(shared, {
    kind: 'aws',
    queues: names,
    bucket: 'btr-alice-bob-parcels',
    region: 'eu-central-1',
    account,
    users: { b: 'Btr-alice-bob-bob' },
  });
  assert.ok(JSON.stringify(shared).length < 260);
  const { id } = await dropKind('aws');
  assert.equal(await id(shared), await id(owners));
  const { bucket: _, region: __, account: ___, users: ____, ...bare } = owners;
  assert.deepEqual(await shareDrop(bare, 'b'), { kind: 'aws', queues: names, region: 'eu-central-1', account });
});

test('aws: what was shared is read back as it is, and leads to the same queues without a look-up', async () => {
  using _ = withVariables(bare);
  const { keys } = await dropKind('aws');
  const shared = keys?.withKey(await shareDrop(owners, 'b'), { id: 'AKIAAKIAAKIAAKIA', secret: 's'.repeat(40) });
  assert.ok(shared);
  const read = await parseDropAddress(JSON.parse(JSON.stringify(shared)));
  assert.deepEqual(read, shared);
  assert.deepEqual(await dropConsent(read), []);
  const settled = await settleDrop(read, 'b');
  assert.deepEqual(settled.queues, urls);
});

test("aws: queue URLs that names could not stand for stay, and so does the region that this home's variables tell", async () => {
  using _ = withVariables({ ...bare, AWS_REGION: 'eu-west-3' });
  for (const queues of [
    { 'a-to-b': urls['a-to-b'], 'b-to-a': url('b-to-a.fifo', 'eu-west-1') },
    { 'a-to-b': urls['a-to-b'], 'b-to-a': 'b-to-a.fifo' },
    { 'a-to-b': 'http://mq.example/1/ab.fifo', 'b-to-a': 'http://mq.example/1/ba.fifo' },
  ]) {
    assert.deepEqual((await shareDrop({ kind: 'aws', queues }, 'b')).queues, queues);
  }
  const queues = { 'a-to-b': 'ab.fifo', 'b-to-a': 'ba.fifo' };
  assert.deepEqual(await shareDrop({ kind: 'aws', queues }, 'b'), { kind: 'aws', queues, region: 'eu-west-3' });
});

const foreign: [string, DropAddress, RegExp][] = [
  ['no credentials', { ...owners, credentials: undefined }, /no credentials: this machine's own AWS/],
  ['an endpoint', { ...owners, endpoint: 'https://mq.example' }, /not AWS's own: https:\/\/mq\.example$/],
  ['an endpoint without TLS', { ...owners, endpoint: 'http://mq.example' }, /without encryption.*mq\.example$/],
  ['loopback', { ...owners, endpoint: 'http://127.0.0.1:4566' }, /on this machine: http:\/\/127\.0\.0\.1:4566$/],
  [
    'loopback, written otherwise',
    { ...owners, endpoint: 'http://0x7f.1:80' },
    /on this machine: http:\/\/127\.0\.0\.1$/,
  ],
  ['loopback of IPv6', { ...owners, endpoint: 'http://[0:0::1]:80' }, /on this machine: http:\/\/\[::1\]$/],
  ['loopback by name', { ...owners, endpoint: 'http://mq.localhost' }, /on this machine/],
  ['loopback inside IPv6', { ...owners, endpoint: 'http://[::ffff:127.0.0.1]' }, /on this machine/],
  ["a machine's metadata", { ...owners, endpoint: 'http://169.254.169.254' }, /inside this network: http:\/\/169\.254/],
  ['link-local IPv6', { ...owners, endpoint: 'http://[fe80::1]' }, /inside this network/],
  ['a private network', { ...owners, endpoint: 'https://10.0.0.7' }, /inside this network/],
];
for (const host of [
  'http://sqs.eu-central-1.amazonaws.com',
  'https://sqs.eu-central-1.amazonaws.com:8443',
  'https://sqs.eu-central-1.amazonaws.com.mq.example',
  'https://amazonaws.com',
  'https://ec2-1-2-3-4.compute-1.amazonaws.com',
  'https://bucket.s3.amazonaws.com',
  'https://sqs.eu-central-1.amazonaws.com.',
  'https://xsqs.eu-central-1.amazonaws.com',
]) {
  const queues = { ...urls, 'b-to-a': `${host}/${account}/ba.fifo` };
  foreign.push([`a queue at ${host}`, { ...owners, queues }, /not AWS's own/]);
}
for (const [what, address, sentence] of foreign) {
  test(`aws: ${what} needs the user's yes`, async () => {
    using _ = withVariables(bare);
    const { credentials: key, ...rest } = address;
    const reasons = await dropConsent(await parseDropAddress(key === undefined ? rest : address));
    assert.equal(reasons.length, 1, reasons.join());
    assert.match(reasons[0] ?? '', sentence);
  });
}

test("aws: AWS's own queues with a key that came along need no yes", async () => {
  using _ = withVariables(bare);
  for (const host of [
    'sqs.eu-central-1.amazonaws.com',
    'sqs-fips.us-east-1.amazonaws.com',
    'sqs.cn-north-1.amazonaws.com.cn',
    'eu-central-1.queue.amazonaws.com',
  ]) {
    const queues = { 'a-to-b': `https://${host}/${account}/ab.fifo`, 'b-to-a': `https://${host}/${account}/ba.fifo` };
    assert.deepEqual(await dropConsent({ ...owners, queues }), [], host);
  }
});

test("aws: the endpoint of this home's own variables needs no yes, another one does", async () => {
  const at = (origin: string) => ({ 'a-to-b': `${origin}/1/ab.fifo`, 'b-to-a': `${origin}/1/ba.fifo` });
  const here = 'http://127.0.0.1:4566';
  using _ = withVariables({ ...bare, AWS_ENDPOINT_URL: `${here}/` });
  assert.deepEqual(await dropConsent(owners), []);
  assert.deepEqual(await dropConsent({ ...owners, queues: at(here) }), []);
  assert.deepEqual(await dropConsent({ ...owners, endpoint: here }), []);
  assert.equal((await dropConsent({ ...owners, queues: at('http://127.0.0.1:4567') })).length, 1);
  assert.equal((await dropConsent({ ...owners, endpoint: 'http://127.0.0.1:4567' })).length, 1);
});

const badAws: [string, object][] = [
  ['unknown', { more: 1 }],
  ['its prototype', JSON.parse('{"__proto__": {"region": "eu-central-1"}}')],
  ['queues', { queues: { ...names, 'c-to-d': 'cd.fifo' } }],
  ['queues', { queues: [names['a-to-b'], names['b-to-a']] }],
  ['queue', { queues: { ...names, 'a-to-b': 7 } }],
  ['over-long queue', { queues: { ...names, 'a-to-b': `https://${'x'.repeat(600)}.example/1/ab.fifo` } }],
  ['password', { queues: { ...names, 'a-to-b': 'https://user:word@mq.example/1/ab.fifo' } }],
  ['query', { queues: { ...names, 'a-to-b': 'https://mq.example/1/ab.fifo?x' } }],
  ['control character', { queues: { ...names, 'a-to-b': 'https://mq.example/\u001b[2J/ab.fifo' } }],
  ['bucket', { bucket: ['b'] }],
  ['bucket', { bucket: 'x'.repeat(64) }],
  ['region', { region: `eu-${'x'.repeat(40)}` }],
  ['region', { region: 'eu-central-1.mq.example' }],
  ['endpoint', { endpoint: 'ftp://mq.example' }],
  ['endpoint', { endpoint: null }],
  ['account', { account: 123456789012 }],
  ['users', { users: { c: 'carol' } }],
  ['users', { users: { a: 'x'.repeat(65) } }],
  ['users', { users: null }],
  ['credentials', { credentials: null }],
];
for (const [what, change] of badAws) {
  test(`aws: an address with ${JSON.stringify(change).slice(0, 60)} is refused (${what})`, async () => {
    await assert.rejects(parseDropAddress({ ...owners, ...change }), (error) => {
      assert.ok(error instanceof Error && 'code' in error && 'exitCode' in error);
      assert.deepEqual([error.code, error.exitCode], ['bad-address', 2]);
      assert.ok(error.message.length < 250);
      assert.doesNotMatch(error.message, /\p{Cc}/u);
      return true;
    });
  });
}

test('what is no address, or of no kind that is known, is refused', async () => {
  for (const value of [null, 7, 'folder:/x', [], {}, { kind: 7 }, { kind: 'x'.repeat(33) }]) {
    await assert.rejects(parseDropAddress(value), { code: 'bad-address', exitCode: 2 });
  }
  await assert.rejects(parseDropAddress({ kind: 'pigeon' }), { code: 'no-such-drop-kind', exitCode: 3 });
});

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'btr-share-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('folder: a buddy gets the path and the id, and is asked about the path', () =>
  withFolder(async (folder) => {
    const settled = await settleDrop({ kind: 'folder', path: folder }, 'a');
    const shared = await shareDrop({ ...settled, note: 'only here' }, 'b');
    assert.deepEqual(shared, { kind: 'folder', path: folder, id: settled.id });
    assert.deepEqual(await shareDrop({ kind: 'folder', path: folder }, 'b'), shared);
    const read = await parseDropAddress(JSON.parse(JSON.stringify(shared)));
    assert.deepEqual(read, shared);
    const reasons = await dropConsent(read);
    assert.equal(reasons.length, 1);
    assert.ok(reasons[0]?.endsWith(folder), reasons[0]);
    assert.deepEqual(await settleDrop(read, 'b'), shared);
  }));

test('folder: a folder that is not the drop of the address is refused, and nothing is made there', () =>
  withFolder(async (folder) => {
    const id = '0123456789abcdef0123456789abcdef';
    const empty = join(folder, 'empty');
    await mkdir(empty);
    for (const path of [empty, join(folder, 'missing')]) {
      const address = { kind: 'folder', path, id };
      await assert.rejects(settleDrop(address, 'b'), { code: 'folder-another' });
      assert.equal(await (await dropKind('folder')).id(address), id);
      const drop = await openDrop(address, { role: 'b', style: 'btr' });
      await assert.rejects(drop.leave([{ to: 'a', body: 'x' }]));
      await drop.close();
    }
    await settleDrop({ kind: 'folder', path: empty }, 'a');
    await assert.rejects(settleDrop({ kind: 'folder', path: empty, id }, 'b'), { code: 'folder-another' });
    assert.deepEqual(await readdir(folder), ['empty']);
  }));

test('folder: an address from somebody else is read strictly', async () => {
  const good = { kind: 'folder', path: '/srv/btr', id: '0123456789abcdef0123456789abcdef' };
  assert.deepEqual(await parseDropAddress(good), good);
  assert.deepEqual(await parseDropAddress({ ...good, path: 'C:\\Sync\\btr' }), { ...good, path: 'C:\\Sync\\btr' });
  const bad = [
    { ...good, more: 1 },
    { kind: 'folder', path: good.path },
    { kind: 'folder', id: good.id },
    { ...good, id: 'x' },
    { ...good, id: good.id.toUpperCase() },
    { ...good, path: '' },
    { ...good, path: 'srv/btr' },
    { ...good, path: 7 },
    { ...good, path: `/${'x'.repeat(1024)}` },
    { ...good, path: '/srv/\u0000' },
    { ...good, path: '/srv/\u001b[2Jbtr' },
    { ...good, path: '/srv/\u202Ertb' },
    { ...good, path: '/srv/\u2028btr' },
  ];
  for (const value of bad) await assert.rejects(parseDropAddress(value), { code: 'bad-address', exitCode: 2 });
});

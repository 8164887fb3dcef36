/** What a buddy's client may say of drops, and what comes of it where that buddy means no good. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { frameKinds } from '../../client/protocol/frames.ts';
import { channel, type Person } from '../messenger/person.ts';
import { says } from './pairing-hostile-tools.ts';
import { failure } from './pairing-support.ts';
import { assertDelivered } from './several-checks.ts';
import { addDrops, dropsOf, idAt, makeSeveralPair, placeAt, talk } from './several-tools.ts';

const access = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const queues = { 'a-to-b': 'btr-a-to-b.fifo', 'b-to-a': 'btr-b-to-a.fifo' };
const cloud = { kind: 'aws', queues, region: 'eu-central-1', account: '123456789012' };

async function adds(person: Person, address: unknown): Promise<void> {
  await says(person, frameKinds.drop, Buffer.from(JSON.stringify({ add: address })));
}

async function removes(person: Person, tag: string): Promise<void> {
  await says(person, frameKinds.drop, Buffer.from(JSON.stringify({ remove: tag })));
}

test('hostile: a drop in a place of this machine or network, or without a key, is never used without a yes', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' });
  const { a, b } = pair;
  const folder = join(b.directory, 'own');
  const offered = [
    { kind: 'folder', path: folder, id: '0123456789abcdef0123456789abcdef' },
    cloud,
    { ...cloud, bucket: 'loopback', credentials: access, endpoint: 'http://127.0.0.1:4566' },
    { ...cloud, bucket: 'metadata', credentials: access, endpoint: 'http://169.254.169.254' },
    { ...cloud, bucket: 'elsewhere', credentials: access, endpoint: 'https://queue.example.org' },
    placeAt('local one'),
  ];
  for (const address of offered) await adds(a, address);
  await talk(pair);
  assert.deepEqual(await dropsOf(b), [await idAt(undefined)]);
  const offers = (await b.messenger.drops(channel)).filter(({ state }) => state === 'offered');
  assert.equal(offers.length, offered.length);
  for (const { reasons, text } of offers) assert.ok(reasons.length > 0, text);
  assert.ok(!existsSync(folder));
  assert.ok(!JSON.stringify(offers).includes(access.secretAccessKey));
  await a.send('text');
  await talk(pair);
  assertDelivered({ a, b });
});

test('hostile: an offer that was changed after the user looked at it is not used', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' });
  const { a, b } = pair;
  const id = '0123456789abcdef0123456789abcdef';
  await adds(a, { kind: 'folder', path: join(b.directory, 'as agreed'), id });
  await talk(pair);
  const [, seen] = await b.messenger.drops(channel);
  assert.ok(seen);
  await adds(a, { kind: 'folder', path: join(b.directory, 'another'), id });
  await talk(pair);
  assert.deepEqual(await dropsOf(b, 'offered'), [seen.id]);
  assert.equal(await failure(b.messenger.acceptDrop(channel, seen.id, { seen })), 'offer-changed');
  const [, now] = await b.messenger.drops(channel);
  assert.equal((await b.messenger.acceptDrop(channel, seen.id, { seen: now })).state, 'used');
});

test('hostile: addresses that are none, and words that make no sense, are said and left alone', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' });
  const { a, b } = pair;
  const unusable = [
    { kind: 'folder', path: '/tmp/a\u0007b\u001b[2J', id: '0123456789abcdef0123456789abcdef' },
    { kind: 'folder', path: 'relative', id: '0123456789abcdef0123456789abcdef' },
    { kind: 'gopher', host: 'example.org' },
    { ...cloud, more: 'than is known' },
    { kind: '' },
  ];
  for (const address of unusable) await adds(a, address);
  await talk(pair);
  assert.equal(b.notices().filter((code) => code === 'drop-unusable').length, unusable.length);
  const senseless = [
    '',
    '{',
    'null',
    '[]',
    '{"add":null}',
    '{"add":{"kind":7}}',
    '{"remove":"abc"}',
    '{"add":{"kind":"folder"},"remove":"0123456789abcdef"}',
    JSON.stringify({ add: { kind: 'folder', path: 'x'.repeat(9000) } }),
  ];
  for (const content of senseless) await says(a, frameKinds.drop, Buffer.from(content));
  await says(a, frameKinds.drop, Buffer.from([0x7b, 0xff, 0xfe]));
  await talk(pair);
  assert.equal(b.notices().filter((code) => code === 'bad-control').length, senseless.length + 1);
  assert.deepEqual(await b.messenger.drops(channel), [
    { id: await idAt(undefined), kind: 'memory', text: 'memory', state: 'used', reasons: [] },
  ]);
});

test('hostile: however many drops are named, eight are used and eight are kept as offers', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' });
  const { a, b } = pair;
  for (let number = 0; number < 30; number += 1) {
    await adds(a, placeAt(`far ${number}`));
    await adds(a, placeAt(`local ${number}`));
  }
  await b.listen();
  assert.equal((await dropsOf(b)).length, 8);
  assert.equal((await dropsOf(b, 'offered')).length, 8);
  assert.ok(b.notices().includes('drops-ignored'));
});

test('hostile: nothing that a buddy says of a drop in use changes its address or its key', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two']);
  const { a, b } = pair;
  await addDrops(pair, 'two');
  const before = b.messenger.channel(channel);
  await adds(a, { ...placeAt('two'), credentials: access });
  await adds(a, { ...placeAt(undefined), credentials: access });
  await says(a, frameKinds.dropKey, Buffer.from(JSON.stringify({ drop: await idAt('two'), id: 'KEY', secret: 'S' })));
  await talk(pair);
  assert.deepEqual(b.messenger.channel(channel), before);
});

test('hostile: an owner takes no key from the other side to a drop of their own', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two', 'three']);
  const { a, b } = pair;
  const key = (drop: string) => Buffer.from(JSON.stringify({ drop, id: 'KEY', secret: 'S' }));
  await addDrops(pair, 'two');
  await b.messenger.addDrop(channel, placeAt('three'));
  await b.deliver();
  await talk(pair);
  // a invited and added one, b added the other: each takes keys from who named the drop, and from nobody else.
  for (const place of [undefined, 'two']) await says(b, frameKinds.dropKey, key(await idAt(place)));
  await says(a, frameKinds.dropKey, key(await idAt('three')));
  await talk(pair);
  const count = ({ events }: Person, code: string) =>
    events.filter((one) => one.type === 'notice' && one.code === code).length;
  assert.deepEqual([count(a, 'bad-control'), count(b, 'bad-control')], [2, 1]);
});

test('hostile: a buddy who removes everything leaves the last drop, and offers can be taken back', async () => {
  await using pair = await makeSeveralPair({ suite: 'signal' }, ['two']);
  const { a, b } = pair;
  await addDrops(pair, 'two');
  await adds(a, placeAt('local one'));
  for (const place of [undefined, 'two', 'local one', 'never named']) await removes(a, await idAt(place));
  await talk(pair);
  assert.deepEqual(await dropsOf(b, 'offered'), []);
  assert.equal((await dropsOf(b)).length, 1);
  assert.ok(b.notices().includes('drop-kept'));
});

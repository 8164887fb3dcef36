/** Bodies that are not what the buddy left: kept in quarantine with the reason, said, and never in anybody's way. */

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { encodeBody } from '../../client/protocol/body.ts';
import { encodePointer } from '../../client/protocol/envelope.ts';
import { frameKinds } from '../../client/protocol/frames.ts';
import { quarantineBytes } from '../../client/store/quarantine.ts';
import { forge } from '../messenger/forge.ts';
import { makePair, type Pair } from '../messenger/pair.ts';
import { channel } from '../messenger/person.ts';

const text = { kind: frameKinds.text, seq: 1, id: randomBytes(16), sentAt: 1, content: Buffer.from('forged') };
const garbage = Buffer.from([0xff, 0xff]);
const pointer = { objectKey: 'a/2026-01-05T00/AAAAAAAAAAAAAAAAAAAAAA', bytes: 2 ** 40, hash: randomBytes(32) };

const bad: readonly (readonly [name: string, reason: string, body: () => string])[] = [
  ['random', 'malformed', () => encodeBody(Buffer.concat([Buffer.of(77), randomBytes(767)]))],
  ['random with the right version', 'unopened', () => encodeBody(Buffer.concat([Buffer.of(1), randomBytes(767)]))],
  ['empty', 'malformed', () => ''],
  ['not base64url', 'malformed', () => `${forge({}).slice(0, -1)}=`],
  ['truncated', 'unopened', () => forge({}).slice(0, -4)],
  ['of another channel', 'unopened', () => forge({ from: randomBytes(32) })],
  ['reflected', 'reflected', () => forge({ direction: 'b-to-a', content: { sender: 'b' } })],
  ['naming another sender', 'wrong-sender', () => forge({ content: { sender: 'b' } })],
  ['with another suite byte', 'wrong-suite', () => forge({ content: { suite: 1 } })],
  ['with a packet of an unknown version', 'malformed', () => forge({ content: { sealed: Buffer.from([9]) } })],
  ...(['acknowledgement', 'resend', 'gone'] as const).map(
    (kind) =>
      [
        `with a senseless ${kind}`,
        'malformed',
        () => forge({ packet: { kept: [text], passing: [{ kind: frameKinds[kind], deadline: 0, content: garbage }] } }),
      ] as const,
  ),
  [
    'pointing to more than is believed',
    'malformed',
    () => forge({ content: { form: 'pointer', sealed: encodePointer(pointer) } }),
  ],
  [
    'pointing to a parcel that is gone',
    'no-such-parcel',
    () => forge({ content: { form: 'pointer', sealed: encodePointer({ ...pointer, bytes: 768 }) } }),
  ],
];

for (const [name, reason, body] of bad) {
  test(`scenario: a body ${name} goes to quarantine as ${reason}, and what follows is shown`, async () => {
    await using pair = await makePair({ suite: 'plain' });
    const { cloud, a, b } = pair;
    await a.send('before');
    cloud.inject('a-to-b', body());
    await a.send('after');
    await b.listen();
    assert.deepEqual(b.texts(), ['before', 'after']);
    assert.deepEqual(b.notices(), [reason]);
    assert.deepEqual(b.messenger.quarantine(channel), [{ reason, count: 1 }]);
    assert.deepEqual(cloud.waiting('a-to-b'), []);
  });
}

test('scenario: a body that was altered on the way is said, asked for, and comes in its turn', async () => {
  await using pair = await makePair();
  const { cloud, a, b } = pair;
  await a.send('a0');
  cloud.tamper('a-to-b', (body) => `${body.slice(0, 500)}${body[500] === 'A' ? 'B' : 'A'}${body.slice(501)}`);
  await a.send('a1');
  await b.listen();
  assert.deepEqual(b.texts(), []);
  assert.deepEqual(b.notices(), ['unopened']);
  await askAndAnswer(pair);
  assert.deepEqual(b.texts(), ['a0', 'a1']);
});

test('scenario: a body that is replayed is shown once, at once or a day later', async () => {
  await using pair = await makePair();
  const { cloud, a, b } = pair;
  await a.send('a0');
  const [body = ''] = cloud.waiting('a-to-b');
  await b.listen();
  cloud.inject('a-to-b', body);
  await b.listen();
  cloud.advance(86_400_000);
  cloud.inject('a-to-b', body);
  cloud.inject('a-to-b', body);
  await b.listen();
  assert.deepEqual(b.texts(), ['a0']);
  assert.deepEqual(b.messenger.quarantine(channel), []);
});

test('scenario: a large message whose parcel was altered comes when it is asked for again', async () => {
  await using pair = await makePair({ limits: { bodyBytes: 65_536 } });
  const { cloud, a, b } = pair;
  const large = 'x'.repeat(100_000);
  await a.send(large);
  const [key = ''] = cloud.parcelKeys();
  cloud.tamperParcel(key, (bytes) => bytes.fill(0, 100, 101));
  await a.send('a1');
  await b.listen();
  assert.deepEqual(b.notices(), ['unopened']);
  await askAndAnswer(pair);
  assert.deepEqual(b.texts(), [large, 'a1']);
  // The same body could be opened in the end, so it is no longer kept as one that could not.
  assert.deepEqual(b.messenger.quarantine(channel), []);
});

test('scenario: the quarantine keeps at most 64 MiB, the newest', async () => {
  await using pair = await makePair();
  const { cloud, b } = pair;
  const bytes = 4 * 1024 * 1024;
  const most = quarantineBytes / bytes;
  for (let index = 0; index < most + 3; index += 1) cloud.inject('a-to-b', `${index}!`.padEnd(bytes, 'x'));
  await b.listen();
  assert.deepEqual(b.messenger.quarantine(channel), [{ reason: 'malformed', count: most }]);
  const db = new DatabaseSync(`${b.directory}/btr.sqlite`, { readOnly: true });
  const oldest = db.prepare('SELECT hash FROM quarantine ORDER BY id LIMIT 1').get();
  db.close();
  assert.deepEqual(oldest?.hash, new Uint8Array(createHash('sha256').update('3!'.padEnd(bytes, 'x')).digest()));
});

/** b asks for what it misses, a leaves it again, b takes it. */
async function askAndAnswer({ cloud, a, b }: Pair): Promise<void> {
  cloud.advance(31_000);
  await b.listen();
  await a.listen();
  cloud.advance(1_000);
  await b.listen();
}

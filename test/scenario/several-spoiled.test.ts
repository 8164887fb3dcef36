/** Files and large messages that one of several drops has spoiled, while another one has them as they were left. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { channel } from '../messenger/person.ts';
import { failure } from './pairing-support.ts';
import { addDrops, makeSeveralPair, type SeveralPair, talk } from './several-tools.ts';

const size = 20 * 1024 * 1024;

const spoilings = {
  altered: (bytes: Uint8Array) => bytes.map((byte, index) => (index % 1_000_000 === 5 ? byte ^ 1 : byte)),
  'cut short': (bytes: Uint8Array) => bytes.slice(0, bytes.length / 2),
} as const;

function spoil({ cloud }: SeveralPair, place: string | undefined, change: (bytes: Uint8Array) => Uint8Array): void {
  for (const key of cloud.at(place).parcelKeys()) cloud.at(place).tamperParcel(key, change);
}

for (const [how, change] of Object.entries(spoilings)) {
  test(`several: a file that one drop has ${how} is fetched from another, and refused where all have`, async () => {
    await using pair = await makeSeveralPair({ suite: 'signal' }, ['two']);
    const { a, b } = pair;
    await addDrops(pair, 'two');
    await a.messenger.useDrops(channel, { policy: 'all' });
    const path = join(a.directory, 'precious');
    const bytes = Buffer.alloc(size, 'precious');
    await writeFile(path, bytes);
    const ids: string[] = [];
    for (let count = 0; count < 2; count++) ids.push((await a.messenger.sendFile(channel, { path })).id);
    const [good = '', bad = ''] = ids;
    await a.deliver();
    await talk(pair);
    spoil(pair, undefined, change);
    const fetched = await b.messenger.getFile(good, { target: { folder: b.directory } });
    assert.deepEqual(await readFile(fetched ?? ''), bytes);
    spoil(pair, 'two', change);
    const refused = await failure(b.messenger.getFile(bad, { target: { folder: b.directory } }));
    assert.match(refused, /^parcel-(altered|truncated)$/);
  });
}

test('several: a large message whose parcel one drop has altered is shown all the same', async () => {
  await using pair = await makeSeveralPair({ limits: { bodyBytes: 65_536 } }, ['two']);
  const { a, b, cloud } = pair;
  await addDrops(pair, 'two');
  await a.messenger.useDrops(channel, { policy: 'all' });
  const text = 'large '.repeat(15_000);
  await a.send(text);
  assert.equal(cloud.at().parcelKeys().length, 1);
  spoil(pair, undefined, (bytes) => bytes.map((byte) => byte ^ 1));
  await b.listen();
  assert.deepEqual(b.texts(), [text]);
});

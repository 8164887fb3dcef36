/** Files between two homes: their time, burning, and one name for all that is said of them. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import type { FileEvent, StatusEvent } from '../../client/messenger/index.ts';
import { makePair, type Pair } from '../messenger/pair.ts';
import { channel } from '../messenger/person.ts';

const hour = 3_600_000;

/** a sends a small file, b is told of it. */
async function passNotice({ a, b }: Pair, options: { stay?: number; burn?: boolean }): Promise<FileEvent> {
  const path = join(a.directory, 'note.txt');
  await writeFile(path, 'text');
  await a.messenger.sendFile(channel, { path, ...options });
  await a.deliver();
  const event = (await b.listen()).find(({ type }) => type === 'file');
  assert.ok(event?.type === 'file');
  return event;
}

test('scenario: a file whose time is over can not be fetched, and its sender removes it from the drop', async () => {
  await using pair = await makePair();
  const { a, b, cloud } = pair;
  const { id } = await passNotice(pair, { stay: 1.5 * hour });
  // The drop itself removes it at the full hour after.
  cloud.advance(1.5 * hour);
  await assert.rejects(b.messenger.getFile(id, { target: { folder: b.directory } }), { code: 'parcel-expired' });
  assert.equal(cloud.parcelKeys().length, 1);
  await a.listen();
  assert.deepEqual(cloud.parcelKeys(), []);
  assert.equal(a.messenger.files(channel)[0]?.state, 'expired');
});

test('scenario: a burned file is gone from the drop once it was fetched', async () => {
  await using pair = await makePair();
  const { id } = await passNotice(pair, { burn: true });
  await pair.b.messenger.getFile(id, { target: { folder: pair.b.directory } });
  assert.deepEqual(pair.cloud.parcelKeys(), []);
});

test('scenario: a notice to burn never removes a parcel under the own role', async () => {
  await using pair = await makePair();
  const { id } = await passNotice(pair, { burn: true });
  await pair.b.swap();
  await pair.b.messenger.getFile(id, { target: { folder: pair.b.directory } });
  assert.equal(pair.cloud.parcelKeys().length, 1);
});

test('scenario: what becomes of a file is told under the id of the file', async () => {
  await using pair = await makePair();
  const { id } = await passNotice(pair, {});
  const states = (await pair.a.listen()).filter((event): event is StatusEvent => event.type === 'status');
  assert.deepEqual(
    states.map((status) => [status.id, status.state]),
    [[id, 'delivered']],
  );
});

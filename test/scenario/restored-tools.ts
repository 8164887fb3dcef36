/** Backups of homes, the ways in which an older one comes back, and the message keys that a tapped cloud has seen. */
import assert from 'node:assert/strict';
import { cp, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PreKeySignalMessage, SignalMessage } from '@signalapp/libsignal-client';
import { ownBytes } from '../../client/crypto/signal/bytes.ts';
import { signalSuite } from '../../client/crypto/suites.ts';
import type { MemoryCloud } from '../../client/drops/memory/cloud.ts';
import { SecurityError } from '../../client/errors.ts';
import { channelIdBytes, wrapKey } from '../../client/messenger/session.ts';
import { decodeBody } from '../../client/protocol/body.ts';
import { ByteReader } from '../../client/protocol/bytes.ts';
import { openEnvelope } from '../../client/protocol/envelope.ts';
import { directionFrom } from '../../client/protocol/roles.ts';
import type { Channel } from '../../client/store/channels.ts';
import { Home } from '../../client/store/home.ts';
import { freshFolder } from '../messenger/pair.ts';
import { channel, type Person } from '../messenger/person.ts';

/** Closes the home, copies its folder and opens it again. Answers where the copy is. */
export async function backUp(person: Person): Promise<string> {
  const copy = freshFolder();
  await person.messenger.close();
  await cp(person.directory, copy, { recursive: true });
  await person.restart();
  return copy;
}

/** The older copy takes the folder's place, as from a backup: its store is another file. */
export async function putBack(person: Person, copy: string): Promise<void> {
  await person.messenger.close();
  await rm(person.directory, { recursive: true });
  await cp(copy, person.directory, { recursive: true });
  await person.restart();
}

/** The older store is written over the same file, as a snapshot of the whole disk would: nothing here tells. */
export async function rollBack(person: Person, copy: string): Promise<void> {
  await person.messenger.close();
  const bytes = await readFile(join(copy, 'btr.sqlite'));
  const file = await open(join(person.directory, 'btr.sqlite'), 'r+');
  await file.truncate(0);
  await file.write(bytes, 0, bytes.length, 0);
  await file.close();
  await person.restart();
}

/** Both listen until nothing is left to be said. */
export async function talkOut(...people: readonly Person[]): Promise<void> {
  for (let round = 0; round < 8; round++) {
    for (const person of people) {
      person.cloud.advance(2 * 60_000);
      await person.listen();
    }
  }
}

/** What the store of a closed or open home holds of the channel. */
export async function within<T>({ directory }: Person, work: (home: Home, channel: Channel) => T): Promise<T> {
  const home = await Home.open(directory, undefined);
  try {
    const found = home.channels.find(channel);
    assert.ok(found);
    return work(home, found);
  } finally {
    home.close();
  }
}

/** Every body that anybody leaves from now on. */
export function tap(cloud: MemoryCloud): string[] {
  const bodies: string[] = [];
  const connect = cloud.drop.bind(cloud);
  cloud.drop = (role) => {
    const drop = connect(role);
    const leave = drop.leave.bind(drop);
    drop.leave = (letters, options) => {
      bodies.push(...letters.map(({ body }) => body));
      return leave(letters, options);
    };
    return drop;
  };
  return bodies;
}

/** The message keys of one side's bodies, each named by its ratchet key and its number in that chain. */
export async function keysUsed(person: Person, bodies: readonly string[]): Promise<string[]> {
  return within(person, (_, known) => [...new Set(bodies)].flatMap((body) => keyOf(known, body)));
}

function keyOf(known: Channel, body: string): string[] {
  const about = { channelId: channelIdBytes(known), direction: directionFrom(known.role) };
  for (const root of known.roots) {
    try {
      const content = openEnvelope(decodeBody(body), wrapKey(root, about.direction).key, about);
      assert.equal(content.suite, signalSuite.byte);
      return content.form === 'inline' ? [nameOfKey(content.sealed)] : [];
    } catch (error) {
      if (!(error instanceof SecurityError) || error.code !== 'unopened') throw error;
    }
  }
  return [];
}

/** libsignal's wire.proto: SignalMessage has the ratchet key as field 1 and the number as field 2. */
function nameOfKey(sealed: Uint8Array): string {
  const bytes = ownBytes(sealed.subarray(1));
  const inner = sealed[0] === 3 ? startedMessage(bytes) : SignalMessage.deserialize(bytes);
  const reader = new ByteReader(inner.serialize());
  reader.u8();
  assert.equal(reader.u8(), 0x0a);
  return `${reader.bytes().toString('hex')} ${inner.counter()}`;
}

/** PreKeySignalMessage has the message as field 4; the fields before it are skipped. */
function startedMessage(bytes: Uint8Array<ArrayBuffer>): SignalMessage {
  const reader = new ByteReader(PreKeySignalMessage.deserialize(bytes).serialize());
  reader.u8();
  for (;;) {
    const tag = reader.u8();
    const isBytes = (tag & 7) === 2;
    if (tag >> 3 === 4) return SignalMessage.deserialize(ownBytes(reader.bytes()));
    if (isBytes) reader.bytes();
    else reader.varint();
  }
}

export function assertNoneTwice(keys: readonly string[]): void {
  const twice = keys.filter((key, index) => keys.indexOf(key) !== index);
  assert.deepEqual(twice, [], 'a message key was used twice');
}

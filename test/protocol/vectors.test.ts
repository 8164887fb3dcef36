/**
 * Known answers of our wire: whatever changes one of them changes what other clients, and bodies that lie in queues,
 * are understood by. They were computed once and checked by a second implementation, in Python, from the descriptions.
 */
import assert from 'node:assert/strict';
import { argon2Sync, createHash, hkdfSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openFernet, sealFernet } from '../../client/crypto/fernet.ts';
import { deriveKey } from '../../client/crypto/keys.ts';
import { btrchatKey, fernetRoot, parseChannelKey } from '../../client/crypto/pin.ts';
import { fernetSuite } from '../../client/crypto/suites.ts';
import { createMemoryCloud } from '../../client/drops/memory/cloud.ts';
import { type MessageEvent, Messenger } from '../../client/messenger/index.ts';
import { decodeBody, encodeBody } from '../../client/protocol/body.ts';
import {
  decodePointer,
  deriveWrapKey,
  encodePointer,
  openEnvelope,
  sealEnvelope,
} from '../../client/protocol/envelope.ts';
import { decodeFileNotice, encodeFileNotice } from '../../client/protocol/file-notice.ts';
import { decodePacket, encodePacket } from '../../client/protocol/frames.ts';
import {
  decodeAcknowledgements,
  decodeGone,
  decodeResend,
  encodeAcknowledgements,
  encodeGone,
  encodeResend,
} from '../../client/protocol/ranges.ts';
import type { Direction } from '../../client/protocol/roles.ts';
import vectors from '../vectors/wire.json' with { type: 'json' };

const bytes = (hex: string) => Buffer.from(hex, 'hex');
const hex = (content: Uint8Array) => Buffer.from(content).toString('hex');

function direction(text: string): Direction {
  assert.ok(text === 'a-to-b' || text === 'b-to-a');
  return text;
}

test('the root of suite fernet, with a channel key, a btrchat suffix, and the PIN and drop alone', async () => {
  assert.equal(vectors.fernetRoot.length, 3);
  for (const { pin, keyFile, dropId, root } of vectors.fernetRoot) {
    const key = keyFile === undefined ? undefined : parseChannelKey(keyFile);
    assert.equal(hex(await fernetRoot(pin, key, dropId ?? '')), root);
  }
});

test('the root is HKDF over Argon2id of the PIN and the channel key', () => {
  const [first] = vectors.fernetRoot;
  assert.ok(first?.keyFile);
  const channelKey = Buffer.from(first.keyFile, 'base64url');
  const nonce = createHash('sha256').update('btr channel key ').update(channelKey).digest().subarray(0, 16);
  const parameters = { message: first.pin, nonce, passes: 3, memory: 65_536, parallelism: 4, tagLength: 32 };
  const stretched = argon2Sync('argon2id', parameters);
  const root = hkdfSync('sha256', Buffer.concat([stretched, channelKey]), '', 'btr fernet root', 32);
  assert.equal(hex(new Uint8Array(root)), first.root);
});

test('channel id and wrap keys', () => {
  const { root, channelId } = vectors.channelId;
  assert.equal(hex(deriveKey(bytes(root), 'btr channel id').subarray(0, 16)), channelId);
  assert.equal(vectors.wrapKey.length, 2);
  for (const { root: from, direction: way, epoch, wrapKey } of vectors.wrapKey) {
    assert.equal(hex(deriveWrapKey(bytes(from), direction(way), epoch)), wrapKey);
  }
});

test('acknowledgement, resend request and gone notice', () => {
  const { acknowledgement, resend, gone } = vectors;
  const list = acknowledgement.list.map((one) => ({ ...one, stream: bytes(one.stream) }));
  assert.equal(hex(encodeAcknowledgements(list)), acknowledgement.encoded);
  assert.deepEqual(decodeAcknowledgements(bytes(acknowledgement.encoded)), list);
  const request = { stream: bytes(resend.stream), attempt: resend.attempt, ranges: resend.ranges };
  assert.equal(hex(encodeResend(request)), resend.encoded);
  assert.deepEqual(decodeResend(bytes(resend.encoded)), request);
  const notice = { stream: bytes(gone.stream), ranges: gone.ranges };
  assert.equal(hex(encodeGone(notice)), gone.encoded);
  assert.deepEqual(decodeGone(bytes(gone.encoded)), notice);
});

test('file notice and pointer', () => {
  const { encoded, type, id, key, tagsHash, ...rest } = vectors.fileNotice;
  assert.equal(type, 'file');
  const notice = { ...rest, type: 'file' as const, id: bytes(id), key: bytes(key), tagsHash: bytes(tagsHash) };
  assert.equal(hex(encodeFileNotice(notice)), encoded);
  assert.equal(hex(encodeFileNotice(decodeFileNotice(bytes(encoded)))), encoded);
  const { pointer } = vectors;
  const where = { objectKey: pointer.objectKey, bytes: pointer.bytes, hash: bytes(pointer.hash) };
  assert.equal(hex(encodePointer(where)), pointer.encoded);
  assert.deepEqual(decodePointer(bytes(pointer.encoded)), where);
});

test('packet', () => {
  const { stream, kept, passing, encoded } = vectors.packet;
  const packet = {
    stream: bytes(stream),
    kept: kept.map((frame) => ({ ...frame, id: bytes(frame.id), content: bytes(frame.content) })),
    passing: passing.map((frame) => ({ ...frame, content: bytes(frame.content) })),
  };
  assert.equal(hex(encodePacket(packet)), encoded);
  assert.deepEqual(decodePacket(bytes(encoded)), packet);
});

test('token of suite fernet', async () => {
  const { root, direction: way, key, iv, now, content, token } = vectors.fernetToken;
  assert.equal(hex(sealFernet(bytes(key), bytes(content), now, bytes(iv))), token);
  const context = { direction: direction(way), sender: 'a', now };
  const opened = await fernetSuite.open(bytes(root), bytes(token), context);
  assert.equal(hex(opened.content), content);
});

test('envelope', () => {
  const { wrapKey, channelId, direction: way, salt, sender, suite, form, sealed, body } = vectors.envelope;
  assert.equal(form, 'inline');
  const context = { channelId: bytes(channelId), direction: direction(way) };
  const content = { sender, suite, form: 'inline' as const, sealed: bytes(sealed) };
  assert.equal(encodeBody(sealEnvelope(content, bytes(wrapKey), context, bytes(salt))), body);
  assert.deepEqual(openEnvelope(decodeBody(body), bytes(wrapKey), context), content);
});

test('body of suite btrchat', () => {
  const { pin, suffix, key, iv, now, text, body } = vectors.btrchat;
  assert.equal(hex(btrchatKey(pin, { form: 'suffix', text: suffix })), key);
  assert.equal(hex(btrchatKey(pin, undefined)), key);
  const token = sealFernet(bytes(key), Buffer.from(text), now, bytes(iv));
  assert.equal(token.toString('base64').replaceAll('+', '-').replaceAll('/', '_'), body);
  assert.equal(openFernet(bytes(key), Buffer.from(body, 'base64url')).toString(), text);
});

test('a messenger that has PIN and key file shows what the bodies carry', async () => {
  const [first] = vectors.fernetRoot;
  assert.ok(first?.keyFile);
  const [fernet] = await received('fernet', first.pin, first.keyFile, vectors.envelope.body);
  const [kept] = vectors.packet.kept;
  assert.ok(kept);
  assert.equal(fernet?.text, bytes(kept.content).toString());
  assert.equal(fernet?.id, kept.id);
  assert.equal(fernet?.seq, kept.seq);
  assert.equal(fernet?.sentAt, kept.sentAt);
  const { pin, suffix, text, body } = vectors.btrchat;
  const [btrchat] = await received('btrchat', pin, suffix, body);
  assert.equal(btrchat?.text, text);
});

/** What side b of a new channel shows when this body lies in its queue. */
async function received(suite: string, pin: string, keyFile: string, body: string): Promise<MessageEvent[]> {
  const home = await mkdtemp(join(tmpdir(), 'btr-vectors-'));
  const cloud = createMemoryCloud();
  await cloud.drop('a').leave([{ to: 'all', body }]);
  const openDrop = async () => cloud.drop('b');
  const messenger = await Messenger.create({ home: join(home, 'home'), name: 'bob', openDrop });
  try {
    const drop = { kind: 'memory' };
    await messenger.addChannel({ name: 'alice', role: 'b', drop, suite, pin, key: parseChannelKey(keyFile) });
    const messages: MessageEvent[] = [];
    for await (const event of messenger.listen('alice', { wait: false })) {
      if (event.type === 'message') messages.push(event);
    }
    return messages;
  } finally {
    await messenger.close();
    await rm(home, { recursive: true });
  }
}

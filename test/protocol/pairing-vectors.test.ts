/** Known answers of pairing and sessions (test/vectors/pairing.json): what once was written is read for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finishCpace, startCpace } from '../../client/crypto/cpace.ts';
import { bindValue, confirmValue, inviteKey, openBox, rootOf, sealBox } from '../../client/crypto/pairing-keys.ts';
import { publicIdentity, safetyNumber } from '../../client/crypto/signal/identity.ts';
import { bundleIdentity, readBundle } from '../../client/crypto/signal/prekeys.ts';
import { decodeState, encodeState } from '../../client/crypto/signal/state.ts';
import { signalSuite } from '../../client/crypto/suites.ts';
import { decodeBody, encodeBody } from '../../client/protocol/body.ts';
import { openEnvelope, sealEnvelope } from '../../client/protocol/envelope.ts';
import { decodeInvite, encodeInvite, formatInvite, parseInviteText } from '../../client/protocol/invite.ts';
import { refusalReasons } from '../../client/protocol/pairing.ts';
import {
  decodeProof,
  decodeRefusal,
  decodeReply,
  encodeProof,
  encodeRefusal,
  encodeReply,
} from '../../client/protocol/pairing-wire.ts';
import { decodeTimed, encodeTimed } from '../../client/protocol/timed.ts';
import vectors from '../vectors/pairing.json' with { type: 'json' };

const bytes = (hex: string) => Buffer.from(hex, 'hex');
const hex = (content: Uint8Array) => Buffer.from(content).toString('hex');

test('pairing vectors: CPace and the keys that follow from it', () => {
  const { cpace, keys } = vectors;
  const input = { prs: Buffer.from(cpace.prs), ci: Buffer.from(cpace.ci), sid: bytes(cpace.sid) };
  const [own, other] = cpace.seeds.map((seed) => startCpace(input, bytes(seed)));
  assert.ok(own && other);
  assert.deepEqual([hex(own.share), hex(other.share)], cpace.shares);
  const [first, second] = cpace.data.map(bytes);
  assert.ok(first && second);
  const sides = { initiator: { share: own.share, data: first }, responder: { share: other.share, data: second } };
  assert.equal(hex(finishCpace(input, own, sides, 'initiator')), cpace.isk);
  assert.equal(hex(finishCpace(input, other, sides, 'responder')), cpace.isk);
  const [isk, secret] = [bytes(keys.isk), bytes(keys.secret)];
  assert.equal(hex(inviteKey(secret)), keys.inviteKey);
  assert.equal(hex(rootOf(isk, secret)), keys.root);
  assert.equal(hex(bindValue(isk)), keys.bind);
  assert.equal(hex(confirmValue(bytes(keys.root))), keys.confirm);
});

test('pairing vectors: invite', () => {
  const { encoded, text, session, share, bundleHash, channelId, secret, role, ...rest } = vectors.invite;
  assert.equal(role, 'a');
  const invite = {
    ...rest,
    role: 'a' as const,
    session: bytes(session),
    share: bytes(share),
    bundleHash: bytes(bundleHash),
    channelId: bytes(channelId),
    secret: bytes(secret),
  };
  assert.equal(hex(encodeInvite(invite)), encoded);
  assert.equal(formatInvite(bytes(encoded)), text);
  assert.deepEqual(decodeInvite(parseInviteText(text)), invite);
});

test('pairing vectors: box, reply, refusal, proof and timed message', () => {
  const { box, reply, refusal, proof, timed } = vectors;
  const [root, session] = [bytes(box.root), bytes(box.session)];
  assert.equal(hex(sealBox(root, session, bytes(box.message))), box.box);
  assert.equal(openBox(root, session, bytes(box.box))?.toString('hex'), box.message);
  assert.equal(hex(encodeReply(decodeReply(bytes(reply.encoded)))), reply.encoded);
  assert.equal(hex(decodeReply(bytes(reply.encoded)).identity), reply.identity);
  const refused = decodeRefusal(bytes(refusal.encoded));
  assert.equal(refused.reason, refusal.reason);
  assert.equal(hex(encodeRefusal(refused)), refusal.encoded);
  assert.deepEqual([...refusalReasons], ['wrong-pin', 'expired', 'not-open', 'other-identity']);
  assert.equal(hex(decodeProof(bytes(proof.encoded)).value), proof.value);
  assert.equal(hex(encodeProof(decodeProof(bytes(proof.encoded)))), proof.encoded);
  const message = { timer: timed.timer, kind: timed.kind, content: bytes(timed.content) };
  assert.equal(hex(encodeTimed(message)), timed.encoded);
  assert.deepEqual(decodeTimed(bytes(timed.encoded)), message);
});

test('pairing vectors: an envelope of each form', () => {
  const { wrapKey, channelId, direction, sender, suite, list } = vectors.envelopes;
  assert.equal(direction, 'b-to-a');
  const about = { channelId: bytes(channelId), direction: 'b-to-a' as const };
  assert.equal(list.length, 6);
  for (const { form, sealed, salt, body } of list) {
    const content = openEnvelope(decodeBody(body), bytes(wrapKey), about);
    assert.deepEqual({ ...content, sealed: hex(content.sealed) }, { sender, suite, form, sealed });
    assert.equal(encodeBody(sealEnvelope(content, bytes(wrapKey), about, bytes(salt))), body);
  }
});

test('pairing vectors: bundle, identity and safety number', async () => {
  const { bundle, identity, peerIdentity, digits, scannable, stateBefore } = vectors.signal;
  assert.equal(hex(bundleIdentity(bytes(bundle))), identity);
  assert.equal((await readBundle(bytes(bundle))).preKeyId(), vectors.signal.prekeys.id);
  const state = decodeState(bytes(stateBefore));
  assert.equal(hex(await publicIdentity(state.identity)), identity);
  assert.equal(hex(state.peerIdentity), peerIdentity);
  assert.equal(hex(encodeState(state)), stateBefore);
  const number = await safetyNumber(bytes(identity), bytes(peerIdentity));
  assert.equal(number.digits, digits);
  assert.equal(hex(number.scannable), scannable);
});

test('pairing vectors: the first message of a session, and the answer to it', async () => {
  const { now, prekeys, stateBefore, first, firstText, askerState, answer, answerText } = vectors.signal;
  const about = { direction: 'b-to-a', sender: 'b', now, prekeys: () => [prekeys] } as const;
  const opened = await signalSuite.open(bytes(stateBefore), bytes(first), about);
  assert.equal(Buffer.from(opened.content).toString(), firstText);
  assert.equal(opened.accepted?.id, prekeys.id);
  const back = await signalSuite.open(bytes(askerState), bytes(answer), { direction: 'a-to-b', sender: 'a', now });
  assert.equal(Buffer.from(back.content).toString(), answerText);
});

import assert from 'node:assert/strict';
import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeBody, encodeBody } from '../../client/protocol/body.ts';
import {
  decodePointer,
  deriveWrapKey,
  type EnvelopeContent,
  encodePointer,
  envelopeOverhead,
  openEnvelope,
  sealEnvelope,
  sealedAt,
  timedSalt,
  type WrapContext,
} from '../../client/protocol/envelope.ts';
import { bodyTextSizes, bytesInText } from '../../client/protocol/padding.ts';

const malformed = { code: 'malformed', kind: 'security' };
const unopened = { code: 'unopened', kind: 'security' };

const key = randomBytes(32);
const context: WrapContext = { channelId: randomBytes(16), direction: 'a-to-b' };
const content: EnvelopeContent = { sender: 'a', suite: 1, form: 'inline', sealed: Buffer.from('sealed bytes') };

function seal(what: EnvelopeContent = content, about: WrapContext = context): Buffer {
  return sealEnvelope(what, key, about, randomBytes(32));
}

test('an envelope opens to what was sealed, whatever its length', () => {
  const contents = fc.record({
    sender: fc.stringMatching(/^[A-Za-z0-9-]{1,32}$/),
    suite: fc.nat(255),
    form: fc.constantFrom('inline' as const, 'pointer' as const),
    sealed: fc.uint8Array({ maxLength: 5000 }),
  });
  fc.assert(
    fc.property(contents, (what) => {
      const opened = openEnvelope(seal(what), key, context);
      assert.deepEqual({ ...opened, sealed: Uint8Array.from(opened.sealed) }, { ...what });
    }),
  );
});

test('every length comes out as one of the six sizes of text, and the overhead is never passed', () => {
  for (const size of bodyTextSizes) {
    const most = bytesInText(size) - envelopeOverhead;
    const member = 'm'.repeat(32);
    const fits = encodeBody(seal({ ...content, sender: member, sealed: Buffer.alloc(most) }));
    assert.equal(fits.length, size);
    const larger = encodeBody(seal({ ...content, sender: member, sealed: Buffer.alloc(most + 1) }));
    assert.ok(larger.length > size);
    assert.equal(openEnvelope(decodeBody(fits), key, context).sealed.length, most);
  }
  assert.equal(encodeBody(seal({ ...content, sealed: Buffer.alloc(0) })).length, 1024);
});

test('two envelopes of the same content have nothing in common but the version', () => {
  const [one, other] = [seal(), seal()];
  let same = 0;
  for (const [index, byte] of one.entries()) if (byte === other[index]) same++;
  assert.equal(one[0], 1);
  assert.equal(other[0], 1);
  // By chance 3 of 767 bytes are the same; 40 are so for once in 10^28 tries.
  assert.ok(same < 40, `${same} bytes are the same`);
});

test('every byte altered is refused', () => {
  const whole = seal();
  for (let index = 0; index < whole.length; index++) {
    const altered = Buffer.from(whole);
    altered[index] = (altered[index] ?? 0) ^ (1 << (index % 8));
    assert.throws(() => openEnvelope(altered, key, context), index === 0 ? malformed : unopened, `byte ${index}`);
  }
});

test('cut off, or with bytes added, it is refused', () => {
  const whole = seal();
  for (let length = 0; length < whole.length; length++) {
    const refusal = length < 1 + 32 + 16 ? malformed : unopened;
    assert.throws(() => openEnvelope(whole.subarray(0, length), key, context), refusal, `${length} bytes`);
  }
  assert.throws(() => openEnvelope(Buffer.concat([whole, Buffer.of(0)]), key, context), unopened);
});

test('the other direction, another channel and another key do not open it', () => {
  const whole = seal();
  assert.throws(() => openEnvelope(whole, key, { ...context, direction: 'b-to-a' }), unopened);
  assert.throws(() => openEnvelope(whole, key, { ...context, channelId: randomBytes(16) }), unopened);
  assert.throws(() => openEnvelope(whole, randomBytes(32), context), unopened);
});

test('wrap keys differ by root, direction and epoch', () => {
  const root = randomBytes(32);
  const keys = [
    deriveWrapKey(root, 'a-to-b', 0),
    deriveWrapKey(root, 'b-to-a', 0),
    deriveWrapKey(root, 'a-to-b', 1),
    deriveWrapKey(randomBytes(32), 'a-to-b', 0),
  ];
  assert.equal(new Set(keys.map((bytes) => Buffer.from(bytes).toString('hex'))).size, keys.length);
});

/** An authentic envelope around any content, written from the description alone. */
function sealRaw(inner: Uint8Array): Buffer {
  const salt = randomBytes(32);
  const derived = Buffer.from(hkdfSync('sha256', key, salt, 'btr envelope', 44));
  const cipher = createCipheriv('aes-256-gcm', derived.subarray(0, 32), derived.subarray(32));
  cipher.setAAD(Buffer.concat([Buffer.of(1, 6), Buffer.from('a-to-b'), context.channelId]));
  return Buffer.concat([Buffer.of(1), salt, cipher.update(inner), cipher.final(), cipher.getAuthTag()]);
}

test('what is inside is checked even where the key is right', () => {
  const open = (hex: string) => openEnvelope(sealRaw(Buffer.from(hex, 'hex')), key, context);
  const good = '01' + '61' + '01' + '00' + '00000002' + 'abcd' + '000000';
  assert.equal(Buffer.from(open(good).sealed).toString('hex'), 'abcd');
  const refused: [string, string][] = [
    ['', 'empty'],
    ['00' + '01' + '00' + '00000000', 'no sender'],
    [`21${'61'.repeat(33)}010000000000`, 'a sender of 33 bytes'],
    ['02' + '61', 'ends within the sender'],
    ['01' + '61' + '01' + '06' + '00000000', 'an unknown form'],
    ['01' + '61' + '01' + '00' + '00000003' + 'abcd', 'a length beyond the end'],
    ['01' + '61' + '01' + '00' + 'ffffffff' + 'abcd', 'a length beyond everything'],
    ['01' + '61' + '01' + '00' + '00000002' + 'abcd' + '000001', 'padding that is not zero at its end'],
    ['01' + '61' + '01' + '00' + '00000002' + 'abcd' + '010000', 'padding that is not zero at its start'],
  ];
  for (const [hex, what] of refused) assert.throws(() => open(hex), malformed, what);
});

test('a pointer decodes to what was encoded, and nothing else decodes', () => {
  const pointer = { objectKey: 'a/2026-11-20T10/AAECAwQFBgcICQoLDA0ODw', bytes: 1_048_576, hash: randomBytes(32) };
  const whole = encodePointer(pointer);
  assert.deepEqual(decodePointer(whole), pointer);
  for (let length = 0; length < whole.length; length++) {
    assert.throws(() => decodePointer(whole.subarray(0, length)), malformed, `${length} bytes`);
  }
  assert.throws(() => decodePointer(Buffer.concat([whole, Buffer.of(0)])), malformed);
});

test('whoever has the wrap key can tell when an envelope was sealed, and nobody else', () => {
  const hour = 3_600_000;
  const now = 1_767_225_600_000;
  const random = randomBytes(28);
  const envelope = sealEnvelope(content, key, context, timedSalt(key, random, now + 59 * 60_000));
  assert.equal(sealedAt(envelope, key), now);
  assert.deepEqual(openEnvelope(envelope, key, context).sender, content.sender);
  const other = Buffer.from(key.map((byte) => byte ^ 1));
  assert.notEqual(sealedAt(envelope, other), now, 'one in four billion');
  const [one, next] = [timedSalt(key, random, now), timedSalt(key, randomBytes(28), now)];
  assert.notDeepEqual(one.subarray(28), next.subarray(28), 'the time looks random');
  assert.equal(sealedAt(Buffer.concat([Buffer.of(1), timedSalt(key, random, now + hour)]), key), now + hour);
});

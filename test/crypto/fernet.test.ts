import assert from 'node:assert/strict';
import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { fernetOverhead, openFernet, sealFernet } from '../../client/crypto/fernet.ts';

const unopened = { code: 'unopened', kind: 'security' };

/** The key of generate.json, verify.json and invalid.json in github.com/fernet/spec. */
const specKey = Buffer.from('cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=', 'base64url');
/** The token of generate.json and verify.json there: "hello", 1985-10-26T01:20:00-07:00, IV 0 to 15. */
const specToken =
  'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==';

test('generate.json of the specification: the same key, time, IV and text give the same token', () => {
  const iv = Buffer.from(Array.from({ length: 16 }, (_, index) => index));
  const token = sealFernet(specKey, Buffer.from('hello'), Date.parse('1985-10-26T01:20:00-07:00'), iv);
  assert.equal(token.toString('base64').replaceAll('+', '-').replaceAll('/', '_'), specToken);
});

test('verify.json of the specification opens', () => {
  assert.equal(openFernet(specKey, Buffer.from(specToken, 'base64url')).toString(), 'hello');
});

/** A token with a right MAC over whatever stands before it, as invalid.json has some. */
function signed(head: Uint8Array): Buffer {
  return Buffer.concat([head, createHmac('sha256', specKey.subarray(0, 16)).update(head).digest()]);
}

const encoded = Buffer.from(specToken, 'base64url');

test('the cases of invalid.json are refused', () => {
  const cases: [string, Uint8Array][] = [
    ['incorrect mac', replaced(encoded, encoded.length - 32, Buffer.alloc(32, 0x55))],
    ['too short', Buffer.from('gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==', 'base64url')],
    ['no token at all', Buffer.alloc(0)],
    ['payload size not multiple of block size', signed(encoded.subarray(0, -32 - 5))],
    ['payload padding error', signed(Buffer.concat([encoded.subarray(0, 25), unpadded()]))],
    ['incorrect IV', replaced(encoded, 9, Buffer.alloc(16, 0x20))],
    ['another version', signed(replaced(encoded, 0, Buffer.of(0x81)).subarray(0, -32))],
    ['no block at all', signed(encoded.subarray(0, 25))],
  ];
  for (const [what, token] of cases) assert.throws(() => openFernet(specKey, token), unopened, what);
});

test('time is authenticated, not enforced: old tokens and such from the future open', () => {
  const iv = randomBytes(16);
  for (const now of [0, Date.UTC(2200, 0, 1)]) {
    assert.equal(openFernet(specKey, sealFernet(specKey, Buffer.from('x'), now, iv)).toString(), 'x');
  }
  const later = replaced(encoded, 8, Buffer.of(0xb1));
  assert.throws(() => openFernet(specKey, later), unopened);
});

test('any bytes open to what was sealed, and no token is longer than the overhead says', () => {
  const inputs = [fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ minLength: 32, maxLength: 32 })] as const;
  fc.assert(
    fc.property(...inputs, (text, key) => {
      const token = sealFernet(key, text, 1_767_225_600_999, randomBytes(16));
      assert.ok(token.length <= text.length + fernetOverhead);
      assert.equal((token.length - 57) % 16, 0);
      assert.equal(Buffer.from(token).readBigUInt64BE(1), 1_767_225_600n);
      assert.deepEqual(Uint8Array.from(openFernet(key, token)), text);
    }),
  );
});

test('every byte altered, every truncation, bytes added and another key are refused', () => {
  const token = sealFernet(specKey, Buffer.from('a text of more than one block'), 0, randomBytes(16));
  for (let index = 0; index < token.length; index++) {
    const altered = replaced(token, index, Buffer.of((token[index] ?? 0) ^ 1));
    assert.throws(() => openFernet(specKey, altered), unopened, `byte ${index}`);
    assert.throws(() => openFernet(specKey, token.subarray(0, index)), unopened, `${index} bytes`);
  }
  for (const more of [1, 16, 32]) {
    assert.throws(() => openFernet(specKey, Buffer.concat([token, Buffer.alloc(more)])), unopened, `${more} more`);
  }
  const otherSigning = Buffer.concat([randomBytes(16), specKey.subarray(16)]);

  assert.throws(() => openFernet(otherSigning, token), unopened);
});

function replaced(bytes: Uint8Array, offset: number, by: Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(by, offset);
  return copy;
}

/** One block that decrypts to zeros: no padding of PKCS #7. */
function unpadded(): Buffer {
  const cipher = createCipheriv('aes-128-cbc', specKey.subarray(16), encoded.subarray(9, 25)).setAutoPadding(false);
  return Buffer.concat([cipher.update(Buffer.alloc(16)), cipher.final()]);
}

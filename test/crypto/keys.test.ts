import assert from 'node:assert/strict';
import { argon2Sync, hkdfSync } from 'node:crypto';
import { test } from 'node:test';
import { deriveKey, stretch } from '../../client/crypto/keys.ts';

const hex = (text: string) => Buffer.from(text, 'hex');

test('HKDF-SHA-256 is that of RFC 5869, appendix A.1 to A.3', () => {
  const cases = [
    {
      key: '0b'.repeat(22),
      salt: '000102030405060708090a0b0c',
      info: 'f0f1f2f3f4f5f6f7f8f9',
      output: '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    },
    {
      key: Array.from({ length: 80 }, (_, index) => index.toString(16).padStart(2, '0')).join(''),
      salt: Array.from({ length: 80 }, (_, index) => (index + 0x60).toString(16)).join(''),
      info: Array.from({ length: 80 }, (_, index) => (index + 0xb0).toString(16)).join(''),
      output:
        'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c' +
        '59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71' +
        'cc30c58179ec3e87c14c01d5c1f3434f1d87',
    },
    {
      key: '0b'.repeat(22),
      salt: '',
      info: '',
      output: '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    },
  ];
  for (const { key, salt, info, output } of cases) {
    const derived = hkdfSync('sha256', hex(key), hex(salt), hex(info), output.length / 2);
    assert.equal(Buffer.from(derived).toString('hex'), output);
  }
});

test('deriveKey is HKDF-SHA-256 with 32 bytes of output', () => {
  // The first 32 bytes of an output do not depend on how many are asked for: RFC 5869, A.3.
  const expected = '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d';
  assert.equal(deriveKey(hex('0b'.repeat(22)), '').toString('hex'), expected);
  const salted = hkdfSync('sha256', hex('0b'.repeat(22)), 'salt', 'purpose', 32);
  assert.deepEqual(deriveKey(hex('0b'.repeat(22)), 'purpose', Buffer.from('salt')), Buffer.from(salted));
  assert.notDeepEqual(deriveKey(hex('00'), 'one'), deriveKey(hex('00'), 'other'));
});

test('Argon2id is that of RFC 9106, section 5.3', () => {
  const tag = argon2Sync('argon2id', {
    message: hex('01'.repeat(32)),
    nonce: hex('02'.repeat(16)),
    secret: hex('03'.repeat(8)),
    associatedData: hex('04'.repeat(12)),
    passes: 3,
    memory: 32,
    parallelism: 4,
    tagLength: 32,
  });
  assert.equal(tag.toString('hex'), '0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659');
});

test('stretch is Argon2id with the second recommended parameters of RFC 9106, section 4', async () => {
  const salt = Buffer.alloc(16, 5);
  const parameters = { nonce: salt, passes: 3, memory: 64 * 1024, parallelism: 4, tagLength: 32 };
  const expected = argon2Sync('argon2id', { message: 'correct horse', ...parameters });
  assert.deepEqual(await stretch('correct horse', salt), expected);
});

test('stretch does not care how a keyboard composes letters, but does care about salt and case', async () => {
  const salt = Buffer.alloc(16, 5);
  const composed = await stretch('caf\u00e9', salt);
  assert.deepEqual(await stretch('cafe\u0301', salt), composed);
  assert.notDeepEqual(await stretch('Caf\u00e9', salt), composed);
  assert.notDeepEqual(await stretch('caf\u00e9', Buffer.alloc(16, 6)), composed);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeBody, encodeBody } from '../../client/protocol/body.ts';

const malformed = { code: 'malformed', kind: 'security' };

test('any bytes go to text and back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = encodeBody(bytes);
      assert.match(text, /^[A-Za-z0-9_-]*$/);
      assert.deepEqual(Uint8Array.from(decodeBody(text)), bytes);
    }),
  );
});

test('a part of a buffer is encoded, not the whole', () => {
  assert.equal(encodeBody(Buffer.from('abcdef').subarray(1, 4)), Buffer.from('bcd').toString('base64url'));
});

test('anything that is not exactly what encodeBody writes is refused', () => {
  const refused = [
    'YQ==',
    'YWI=',
    'YR',
    'YWJ',
    'Y',
    'YWJj\n',
    ' YWJj',
    'YW Jj',
    '+/+/',
    'YWJj!',
    'YWJj=',
    'ÿÿÿÿ',
    '😀',
  ];
  for (const text of refused) assert.throws(() => decodeBody(text), malformed, JSON.stringify(text));
  assert.equal(decodeBody('YQ').toString(), 'a');
});

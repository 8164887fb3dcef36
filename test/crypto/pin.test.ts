import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  btrchatKey,
  type ChannelKey,
  checkPin,
  fernetRoot,
  generateChannelKey,
  parseChannelKey,
} from '../../client/crypto/pin.ts';

const badPin = { code: 'bad-pin', kind: 'setup' };
const suffix = 'Hvc6L5DAqES1234DvoM8bMiIduMF93TBcpYf-vc=';

test('a PIN of suite fernet has 4 to 64 of A-Z, a-z, 0-9, - and _', () => {
  for (const pin of ['1234', 'aZ_-', '0'.repeat(64)]) assert.doesNotThrow(() => checkPin(pin, 'fernet'), pin);
  const refused = ['', '123', '0'.repeat(65), '12 34', '12.4', 'pässe', '1234\n', '１２３４', '12+4', '12/4', '123='];
  for (const pin of refused) assert.throws(() => checkPin(pin, 'fernet'), badPin, JSON.stringify(pin));
});

test('a PIN of suite btrchat has exactly 4', () => {
  for (const pin of ['1234', 'aZ_-']) assert.doesNotThrow(() => checkPin(pin, 'btrchat'), pin);
  for (const pin of ['', '123', '12345', '12+4', '12 4', '123=']) {
    assert.throws(() => checkPin(pin, 'btrchat'), badPin, JSON.stringify(pin));
  }
});

test('a refusal does not repeat the PIN', () => {
  assert.throws(
    () => checkPin('secret pin', 'fernet'),
    (error) => error instanceof Error && !JSON.stringify([error.message, { ...error }]).includes('secret pin'),
  );
});

test('a key file holds a 32-byte key as base64url or a 40 character suffix, with white space around it', () => {
  const key = generateChannelKey();
  assert.equal(Buffer.from(key.text, 'base64url').length, 32);
  assert.notEqual(generateChannelKey().text, key.text);
  assert.deepEqual(parseChannelKey(`${key.text}\n`), key);
  assert.deepEqual(parseChannelKey(`  ${key.text}=\r\n`), { form: 'key', text: `${key.text}=` });
  assert.deepEqual(parseChannelKey(`${suffix}\n`), { form: 'suffix', text: suffix });
  const refused = [
    '',
    key.text.slice(1),
    `${key.text}AA`,
    `${key.text}\n${key.text}`,
    suffix.slice(1),
    `${key.text}==`,
  ];
  for (const text of [...refused, key.text.replace(/^./, '+'), suffix.replace('=', 'A')]) {
    assert.throws(() => parseChannelKey(text), { code: 'bad-key-file', kind: 'setup' }, JSON.stringify(text));
  }
});

test('the root depends on the PIN, the channel key and, without one, the drop', async () => {
  const key: ChannelKey = { form: 'key', text: Buffer.alloc(32, 1).toString('base64url') };
  const other: ChannelKey = { form: 'key', text: Buffer.alloc(32, 2).toString('base64url') };
  const roots = await Promise.all([
    fernetRoot('1234', key, ''),
    fernetRoot('1235', key, ''),
    fernetRoot('1234', other, ''),
    fernetRoot('1234', { form: 'suffix', text: suffix }, ''),
    fernetRoot('1234', undefined, 'one drop'),
    fernetRoot('1234', undefined, 'another drop'),
  ]);
  assert.equal(new Set(roots.map((root) => root.toString('hex'))).size, roots.length);
  for (const root of roots) assert.equal(root.length, 32);
  // With a channel key both sides reach the same root wherever the drop is, and however the file was padded.
  assert.deepEqual(await fernetRoot('1234', { ...key, text: `${key.text}=` }, 'any drop'), roots[0]);
});

test('the btrchat key is PIN and suffix, or a whole key as it is', () => {
  const expected = Buffer.from(`1234${suffix}`, 'base64url');
  assert.equal(expected.length, 32);
  assert.deepEqual(btrchatKey('1234', undefined), expected);
  assert.deepEqual(btrchatKey('1234', { form: 'suffix', text: suffix }), expected);
  const own = `${'A'.repeat(39)}=`;
  assert.deepEqual(btrchatKey('1234', { form: 'suffix', text: own }), Buffer.from(`1234${own}`, 'base64url'));
  const key = generateChannelKey();
  assert.deepEqual(btrchatKey('', key), Buffer.from(key.text, 'base64url'));
  assert.throws(() => btrchatKey('123', undefined), { code: 'bad-key-file' });
});

test('what the btrchat PIN reaches is said rightly: three bytes of the signing key, none of the other', () => {
  const [one, other] = [btrchatKey('AAAA', undefined), btrchatKey('____', undefined)];
  assert.notDeepEqual(one.subarray(0, 3), other.subarray(0, 3));
  assert.deepEqual(one.subarray(3), other.subarray(3));
});

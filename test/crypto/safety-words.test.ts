import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { entropyToMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import fc from 'fast-check';
import { safetyWords } from '../../client/crypto/safety-words.ts';

const digits = '0123456789'.repeat(6);

test('the words of a safety number stay what they are', async () => {
  // Calculated apart, with Python's hashlib.
  const words = 'human yellow coach rookie promote super gain future ordinary panel purchase trade';
  assert.deepEqual(await safetyWords(digits), words.split(' '));
});

test("the words are the first twelve of BIP 39's own encoding of the hash", async () => {
  const numbers = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 60, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(numbers, async (digits) => {
      const hash = createHash('sha256')
        .update(`btr safety words ${digits.join('')}`)
        .digest();
      const expected = entropyToMnemonic(hash, wordlist).split(' ').slice(0, 12);
      assert.deepEqual(await safetyWords(digits.join('')), expected);
    }),
  );
});

test('every digit counts', async () => {
  const words = await safetyWords(digits);
  for (let index = 0; index < digits.length; index++) {
    const digit = (Number(digits.charAt(index)) + 1) % 10;
    const other = `${digits.slice(0, index)}${digit}${digits.slice(index + 1)}`;
    assert.notDeepEqual(await safetyWords(other), words, `digit ${index}`);
  }
});

test('anything but 60 digits has no words', async () => {
  const grouped = digits.replace(/.{5}(?=.)/g, '$& ');
  for (const text of ['', digits.slice(1), `${digits}0`, grouped, `${digits.slice(1)}x`, `${digits}\n`]) {
    await assert.rejects(safetyWords(text), RangeError, JSON.stringify(text));
  }
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import fc from 'fast-check';
import { canonicalPin, makePin, type PinForm, pinBytes, showPin } from '../../client/crypto/spoken-pin.ts';

/** Answers with these values in turn, and notes what was asked for. */
function scripted(...values: number[]): { random: (max: number) => number; asked: number[] } {
  const asked: number[] = [];
  const random = (max: number) => {
    asked.push(max);
    return values.shift() ?? assert.fail('asked too often');
  };
  return { random, asked };
}

test('a PIN of digits is one draw out of a million, leading zeros kept', async () => {
  for (const [value, pin, shown] of [
    [0, '000000', '000 000'],
    [48_213, '048213', '048 213'],
    [999_999, '999999', '999 999'],
  ] as const) {
    const { random, asked } = scripted(value);
    assert.equal(await makePin('digits', random), pin);
    assert.equal(showPin(pin), shown);
    assert.deepEqual(asked, [1_000_000]);
  }
});

test('a PIN of words is two draws out of 2048', async () => {
  const { random, asked } = scripted(0, 2047);
  assert.equal(await makePin('words', random), 'abandon-zoo');
  assert.deepEqual(asked, [2048, 2048]);
  assert.equal(showPin('abandon-zoo'), 'abandon-zoo');
  assert.equal(await makePin('words', scripted(2047, 0).random), 'zoo-abandon');
});

test('left to itself it makes PINs that differ, each its own canonical form', async () => {
  for (const form of ['digits', 'words'] as const) {
    const pins = await Promise.all(Array.from({ length: 20 }, () => makePin(form)));
    assert.ok(new Set(pins).size > 10, form);
    for (const pin of pins) {
      assert.match(pin, form === 'digits' ? /^\d{6}$/ : /^[a-z]+-[a-z]+$/);
      assert.equal(await canonicalPin(pin), pin);
      assert.equal(await canonicalPin(showPin(pin)), pin);
    }
  }
});

test('digits are taken with any spaces and dashes', async () => {
  const typed = [
    '048213',
    '048 213',
    ' 0 4 8 2 1 3\n',
    '048-213',
    '04-82-13',
    '048\u00a0213',
    '048–213',
    '０４８　２１３',
  ];
  for (const text of typed) assert.equal(await canonicalPin(text), '048213', JSON.stringify(text));
});

test('words are taken in any case, with spaces or dashes between, and by their first four letters', async () => {
  const typed = [
    'abandon-zoo',
    'Abandon Zoo',
    'ABANDON  -  ZOO',
    ' aban zoo ',
    'abando‑zoo',
    'ａｂａｎｄｏｎ　ｚｏｏ\n',
  ];
  for (const text of typed) assert.equal(await canonicalPin(text), 'abandon-zoo', JSON.stringify(text));
  // A whole word counts before a longer one that begins like it.
  assert.equal(await canonicalPin('add act'), 'add-act');
  assert.equal(await canonicalPin('addi acto'), 'addict-actor');
});

test('every word, and every beginning of it from four letters on, is that word', async () => {
  for (const word of wordlist) {
    const lengths = [4, 5, 6, 7, 8].filter((length) => length < word.length);
    for (const text of [word, ...lengths.map((length) => word.slice(0, length))]) {
      assert.equal(await canonicalPin(`${text} zoo`), `${word}-zoo`);
      assert.equal(await canonicalPin(`zoo ${text}`), `zoo-${word}`);
    }
  }
});

test('what is neither is nothing', async () => {
  const typed = [
    ...['', ' ', '-', '04821', '0482133', '048 21x', '04821l', '048.213', '+48213', '٠٤٨٢١٣'],
    ...['abandon', 'abandonzoo', 'abandon zoo zoo', 'aba zoo', 'zo abandon', 'abandons zoo', 'abandon,zoo'],
    ...['abandon 048213', 'zoo хоо', 'constructor zoo', '048213 zoo'],
  ];
  for (const text of typed) assert.equal(await canonicalPin(text), undefined, JSON.stringify(text));
});

test('no text is read as anything but a PIN in canonical form', async () => {
  const pieces = fc.constantFrom('048213', '0', 'zoo', 'Aban', ' ', '-', '—', '\n', 'ı', 'ß');
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces).map((parts) => parts.join('')),
  );
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const pin = await canonicalPin(text);
      if (pin === undefined) return;
      const words = pin.split('-');
      assert.ok(/^\d{6}$/.test(pin) || (words.length === 2 && words.every((word) => wordlist.includes(word))));
      assert.equal(await canonicalPin(pin), pin);
    }),
    { numRuns: 500 },
  );
});

test('the bytes of a PIN are its characters, in a buffer of their own', () => {
  const bytes = pinBytes('048213');
  assert.deepEqual([...bytes], [0x30, 0x34, 0x38, 0x32, 0x31, 0x33]);
  assert.equal(bytes.buffer.byteLength, 6);
  assert.equal(Buffer.from(pinBytes('abandon-zoo')).toString(), 'abandon-zoo');
});

const hook = new URL('../tools/log-loads.ts', import.meta.url).href;
const module = new URL('../../client/crypto/spoken-pin.ts', import.meta.url).href;

/** Whether a process that makes and reads PINs of this form loads the list of words. */
async function loadsWords(form: PinForm): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'btr-spoken-pin-'));
  try {
    const log = join(folder, 'loads');
    const script = `const { makePin, canonicalPin, showPin, pinBytes } = await import('${module}');
      pinBytes(await canonicalPin(showPin(await makePin('${form}'))));`;
    await promisify(execFile)(process.execPath, ['--import', hook, '--input-type=module', '-e', script], {
      env: { ...process.env, BTR_TEST_LOADS: log },
    });
    const loads = await readFile(log, 'utf8');
    assert.ok(loads.includes('spoken-pin.ts'));
    return loads.includes('wordlists');
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('digits do not load the list of words; words do', async () => {
  assert.deepEqual(await Promise.all([loadsWords('digits'), loadsWords('words')]), [false, true]);
});

/** Our Fernet codec against two that others wrote: npm's `fernet` and Python's cryptography. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fernet from 'fernet';
import { openFernet, sealFernet } from '../../client/crypto/fernet.ts';
import { findPython, runPython } from './python.ts';

const texts = [
  '',
  'a',
  'exactly sixteen!',
  'several\nlines\r\n\twith tabs\n',
  'emoji 👩‍👩‍👧 🕶️, Größe, 日本語, العربية, e\u0301',
  '\u0000 NUL and \ufeff a byte order mark',
  'long '.repeat(40_000),
];

/** As it stands in a queue: URL-safe base64 with its padding. */
function tokenText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

function newKey(): { bytes: Buffer; text: string } {
  const bytes = randomBytes(32);
  return { bytes, text: tokenText(bytes) };
}

function seal(key: Uint8Array, text: string): string {
  return tokenText(sealFernet(key, Buffer.from(text), Date.now(), randomBytes(16)));
}

test("npm's fernet opens our tokens, and we open its", () => {
  for (const text of texts) {
    const key = newKey();
    const secret = new fernet.Secret(key.text);
    const opened = new fernet.Token({ secret, token: seal(key.bytes, text), ttl: 0 }).decode();
    assert.ok(opened === text, `it opens ${text.length} characters`);
    const token = new fernet.Token({ secret }).encode(text);
    const ours = openFernet(key.bytes, Buffer.from(token, 'base64url')).toString();
    assert.ok(ours === text, `we open ${text.length} characters`);
  }
});

const python = findPython('cryptography');

test("Python's cryptography opens our tokens, and we open its", {
  skip: typeof python === 'string' && python,
}, async () => {
  if (typeof python === 'string') return;
  const key = newKey();
  const peer = fileURLToPath(new URL('fernet_peer.py', import.meta.url));
  const altered = Buffer.from(seal(key.bytes, 'altered'), 'base64url');
  altered[30] = (altered[30] ?? 0) ^ 1;
  const tasks = [
    ...texts.map((text) => ({ key: key.text, seal: text })),
    ...texts.map((text) => ({ key: key.text, open: seal(key.bytes, text) })),
    { key: key.text, open: tokenText(altered) },
  ];
  const answers = await runPython(python, [peer], tasks.map((task) => `${JSON.stringify(task)}\n`).join(''));
  const opened = answers.slice(0, texts.length).map((token) => {
    return openFernet(key.bytes, Buffer.from(String(token), 'base64url')).toString();
  });
  assert.deepEqual(opened, texts);
  assert.deepEqual(answers.slice(texts.length, -1), texts);
  assert.equal(answers.at(-1), null, 'what was altered opens on neither side');
});

/** Words on drops: one of two, whole and small, or nothing at all. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type DropWord, decodeDropWord, encodeDropWord, isDropTag } from '../../client/protocol/drop-word.ts';

const tag = '0123456789abcdef';
const words: readonly DropWord[] = [
  { add: { kind: 'folder', path: '/home/me/Sync', id: 'ab'.repeat(16) } },
  { add: { kind: 'aws', queues: { 'a-to-b': 'x.fifo', 'b-to-a': 'y.fifo' } } },
  { remove: tag },
];

test('protocol: a word on a drop is read as it was written', () => {
  for (const word of words) assert.deepEqual(decodeDropWord(encodeDropWord(word)), word);
  assert.equal(encodeDropWord({ remove: tag }).toString(), '{"remove":"0123456789abcdef"}');
});

test('protocol: what is no word on a drop is malformed', () => {
  const bad = [
    '',
    'null',
    '[]',
    '"add"',
    '{}',
    '{"add":null}',
    '{"add":[]}',
    '{"add":{"kind":1}}',
    '{"remove":1}',
    '{"remove":"0123456789ABCDEF"}',
    '{"remove":"0123456789abcde"}',
    `{"remove":"${tag}","more":1}`,
    `{"add":{"kind":"folder"},"remove":"${tag}"}`,
    `{"remove":"${tag}"} x`,
    JSON.stringify({ add: { kind: 'folder', path: 'x'.repeat(8192) } }),
  ];
  for (const text of bad) assert.throws(() => decodeDropWord(Buffer.from(text)), { code: 'malformed' }, text);
  const notUnicode = Buffer.concat([Buffer.from('{"add":{"kind":"'), Buffer.of(0xff), Buffer.from('"}}')]);
  assert.throws(() => decodeDropWord(notUnicode), { code: 'malformed' });
});

test('protocol: a tag is sixteen small hexadecimal digits', () => {
  assert.ok(isDropTag(tag));
  for (const other of ['', tag.toUpperCase(), `${tag}0`, 7, undefined]) assert.ok(!isDropTag(other));
});

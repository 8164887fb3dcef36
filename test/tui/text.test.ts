/** Text in cells: widths, wrapping, and what others may not do with it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { charsetOf, cut, fit, glyphs, hardRows, join, widthOf, wrap } from '../../client/tui/text.ts';

const unicode = { isUnicode: true };
const ascii = { isUnicode: false };

test('letters, wide letters, emoji and combined letters have the width they are drawn with', () => {
  for (const [text, width] of [
    ['abc', 3],
    ['日本', 4],
    ['👩‍👩‍👧‍👦', 2],
    ['🇩🇪', 2],
    ['e\u0301', 1],
    ['한글', 4],
    ['', 0],
  ] as const) {
    assert.equal(widthOf(glyphs(text, unicode)), width, text);
  }
});

test('what has no width, commands a terminal or floods it is shown, not obeyed', () => {
  const shown = (text: string) => join(glyphs(text, unicode));
  assert.equal(shown('\u001b[2J\u0007'), '␛[2J␇');
  assert.equal(shown('a\u202eb\u200bc\u2060\ufeff'), 'a<U+202E>b<U+200B>c<U+2060><U+FEFF>');
  assert.equal(shown('\ud800x\udc00'), '\ufffdx\ufffd');
  assert.equal(shown('\u0301'), '<U+0301>');
  assert.equal(shown(`z${'\u0335'.repeat(500)}`), `z${'\u0335'.repeat(4)}`);
  assert.equal(shown('a\tb'), 'a    b');
  for (const text of ['\u2028', '\u0085', '\r', '\u009b2J'])
    assert.doesNotMatch(shown(text), /[\p{Control}\p{Line_Separator}]/u);
});

test('without UTF-8 nothing but ASCII is written', () => {
  const text = join(glyphs('grüß \u001b[31m 日 \u009b2J 👋', ascii));
  assert.match(text, /^[\x20-\x7e]+$/);
  assert.match(text, /^gr\?\? \^\[\[31m \? <U\+009B>2J \?$/);
});

test('rows break at blanks, and within a word that is longer than a row', () => {
  const rows = (text: string, width: number, first?: number) => wrap(glyphs(text, unicode), width, first).map(join);
  assert.deepEqual(rows('one two three', 7), ['one two', 'three']);
  assert.deepEqual(rows('abcdefghij', 4), ['abcd', 'efgh', 'ij']);
  assert.deepEqual(rows('日本語日本', 5), ['日本', '語日', '本']);
  assert.deepEqual(rows('a bc', 10, 1), ['a', 'bc']);
  assert.deepEqual(rows('', 10), ['']);
  for (const width of [1, 2, 3, 7]) {
    const text = 'words of 日本 and 👋 others-that-are-long';
    for (const row of wrap(glyphs(text, unicode), width)) {
      assert.ok(widthOf(row) <= width || row.length === 1, `${join(row)} in ${width}`);
    }
    assert.equal(rows(text, width).join('').replaceAll(' ', ''), text.replaceAll(' ', ''));
  }
});

test('what is cut says so, what is fitted has its width', () => {
  assert.equal(cut('abcdef', 4, unicode), 'abc…');
  assert.equal(cut('abcdef', 4, ascii), 'abc~');
  assert.equal(cut('日本語', 4, unicode), '日…');
  assert.equal(fit('日本語', 4, unicode), '日… ');
  assert.equal(fit('ab', 4, unicode), 'ab  ');
  assert.deepEqual(hardRows(glyphs('abcde', unicode), 2).map(join), ['ab', 'cd', 'e']);
});

test('the first locale variable that is set decides', {
  skip: process.platform !== 'linux' && 'others have UTF-8',
}, () => {
  assert.ok(charsetOf({ LANG: 'de_DE.UTF-8' }).isUnicode);
  assert.ok(charsetOf({ LC_CTYPE: 'C.utf8', LANG: 'C' }).isUnicode);
  assert.ok(!charsetOf({ LC_ALL: 'C', LANG: 'de_DE.UTF-8' }).isUnicode);
  assert.ok(!charsetOf({}).isUnicode);
});

/** Editing: the cursor, several lines, words, what was sent before, and what is shown of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Composer,
  cleared,
  composerRows,
  type Edit,
  edits,
  emptyComposer,
  insert,
} from '../../client/tui/composer.ts';

const unicode = { isUnicode: true };

function typed(text: string, ...keys: readonly Edit[]): Composer {
  return keys.reduce((composer, key) => edits[key](composer), insert(emptyComposer, text));
}

/** The text with the cursor as `|`. */
function shown({ text, cursor }: Composer): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

test('keys move and delete by letters, words and lines', () => {
  const cases: readonly (readonly [string, readonly Edit[], string])[] = [
    ['abc', ['left', 'left'], 'a|bc'],
    ['abc', ['home', 'right', 'delete'], 'a|c'],
    ['a👩‍👧b', ['left', 'backspace'], 'a|b'],
    ['e\u0301', ['backspace'], '|'],
    ['one two  ', ['deleteWord'], 'one |'],
    ['one two', ['wordLeft', 'wordLeft', 'wordRight'], 'one| two'],
    ['one\ntwo', ['home'], 'one\n|two'],
    ['one\ntwo', ['home', 'left', 'deleteToStart'], '|\ntwo'],
    ['one\ntwo', ['up', 'home', 'deleteToEnd'], '|\ntwo'],
    ['one\ntwo', ['home', 'backspace'], 'one|two'],
    ['longer\nab\nlonger', ['up'], 'longer\nab|\nlonger'],
    ['ab\nlonger', ['up', 'up', 'down'], 'ab\nlo|nger'],
    ['😀\na', ['up'], '|😀\na'],
    ['a\n👩‍👧b', ['home', 'up', 'end', 'down'], 'a\n|👩‍👧b'],
    ['ab', ['newline'], 'ab\n|'],
    ['', ['left', 'right', 'backspace', 'delete', 'deleteWord', 'up', 'down', 'home', 'end'], '|'],
  ];
  for (const [text, keys, expected] of cases) assert.equal(shown(typed(text, ...keys)), expected, keys.join(' '));
});

test('line breaks are newlines whatever they were, and no control character comes in', () => {
  assert.equal(insert(emptyComposer, 'a\r\nb\rc\nd\u001b[2J\te').text, 'a\nb\nc\nd[2J\te');
});

test('what was sent is recalled, and what was begun stays', () => {
  const sent = ['first', 'second'].reduce((composer, text) => cleared(insert(composer, text)), emptyComposer);
  const begun = insert(sent, 'begun');
  const once = edits.up(begun);
  assert.equal(once.text, 'second');
  const twice = edits.up(once);
  assert.equal(twice.text, 'first');
  assert.equal(edits.up(twice).text, 'first');
  assert.equal(edits.down(edits.down(twice)).text, 'begun');
  assert.deepEqual(cleared(edits.up(begun)).sent, ['first', 'second'], 'the same twice is kept once');
});

test('of a long text the rows around the cursor are shown', () => {
  const lines = Array.from({ length: 500 }, (_, index) => `line ${index}`);
  const end = insert(emptyComposer, lines.join('\n'));
  const shownAtEnd = composerRows(end, 40, 8, unicode);
  assert.deepEqual(shownAtEnd.rows, lines.slice(-8));
  assert.deepEqual([shownAtEnd.cursor, shownAtEnd.above, shownAtEnd.below], [{ row: 7, column: 8 }, 492, 0]);
  const middle = composerRows({ ...end, cursor: end.text.indexOf('line 250') }, 40, 8, unicode);
  assert.equal(middle.rows[middle.cursor.row], 'line 250');
  assert.equal(middle.cursor.column, 0);
  assert.ok(middle.above > 200 && middle.below > 200);
});

test('the cursor stands where the width of what is before it puts it', () => {
  const at = (text: string, width: number) => composerRows(insert(emptyComposer, text), width, 4, unicode).cursor;
  assert.deepEqual(at('日本', 20), { row: 0, column: 4 });
  assert.deepEqual(at('abcdef', 4), { row: 1, column: 3 });
  assert.deepEqual(at('ab\n', 20), { row: 1, column: 0 });
});

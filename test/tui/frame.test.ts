/** The whole screen as rows, and what keys mean. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Key } from 'ink';
import { emptyComposer, insert } from '../../client/tui/composer.ts';
import { drawFrame, type ScreenState } from '../../client/tui/frame.ts';
import { actionsOf } from '../../client/tui/keys.ts';
import { glyphs, widthOf } from '../../client/tui/text.ts';
import { Timeline } from '../../client/tui/timeline.ts';

function state(more: Partial<ScreenState> = {}): ScreenState {
  const timeline = new Timeline(() => [], undefined);
  timeline.note({ text: 'a note', tone: 'dim' });
  return {
    channels: [
      { name: 'bob', unread: 0, mark: '' },
      { name: 'a-very-long-name-of-a-channel', unread: 1200, mark: '~' },
    ],
    current: 'bob',
    timeline,
    composer: emptyComposer,
    invitation: 'Talking with bob.',
    transfers: [
      { id: 1, channel: 'bob', direction: 'out', name: 'mine.bin', done: 512, total: 1024, state: 'running' },
      { id: 2, channel: 'bob', direction: 'in', name: '日本\u001b[2J.bin', done: 1024, total: 4096, state: 'running' },
    ],
    choices: ['/file', '/files'],
    status: ['bob', 'fernet'],
    charset: { isUnicode: true },
    ...more,
  };
}

function rows(screen: ScreenState, columns: number, height: number): string[] {
  return drawFrame(screen, columns, height).rows.map((line) => line.map(({ text }) => text).join(''));
}

test('the channel that is shown is marked without any style, too', () => {
  const side = rows(state({ current: 'a-very-long-name-of-a-channel' }), 100, 10).map((row) =>
    row.split('│')[0]?.trim(),
  );
  assert.deepEqual(side.slice(0, 2), ['bob', '>a-very-lon… ~ 999+']);
});

test('every size is filled exactly, and no row is wider than the screen', () => {
  for (const columns of [1, 2, 20, 59, 60, 100, 300]) {
    for (const height of [1, 2, 5, 24, 60]) {
      const drawn = rows(state({ composer: insert(emptyComposer, 'several\nlines') }), columns, height);
      if (height >= 5) assert.equal(drawn.length, height, `${columns}x${height}`);
      if (columns < 20) continue;
      for (const row of drawn) assert.ok(widthOf(glyphs(row, { isUnicode: true })) <= columns, `${columns}: ${row}`);
    }
  }
});

test('files on their way in both directions have a bar', () => {
  const drawn = rows(state(), 100, 12).join('\n');
  assert.match(drawn, /↑ mine\.bin █{10}░{10} {2}50% 512 B\/1\.0 KiB/);
  assert.match(drawn, /↓ 日本␛\[2J\.bin █{5}░{15} {2}25% 1\.0 KiB\/4\.0 KiB/);
  assert.match(rows(state({ charset: { isUnicode: false } }), 100, 12).join('\n'), /\^ mine\.bin #{10}-{10}/);
});

test('channels stand at the side with what is unread, where there is room', () => {
  assert.match(rows(state(), 100, 12)[1] ?? '', /^ a-very-lon… ~ 999\+ │/);
  assert.doesNotMatch(rows(state(), 59, 12).join('\n'), /999/);
});

test('keys that come at once are told apart', () => {
  const none: Key = {
    ...{ upArrow: false, downArrow: false, leftArrow: false, rightArrow: false, pageDown: false, pageUp: false },
    ...{
      home: false,
      end: false,
      return: false,
      escape: false,
      ctrl: false,
      shift: false,
      tab: false,
      backspace: false,
    },
    ...{ delete: false, meta: false, super: false, hyper: false, capsLock: false, numLock: false },
  };
  assert.deepEqual(actionsOf('hi\u0015there\r', none), [
    { type: 'insert', text: 'hi' },
    { type: 'edit', edit: 'deleteToStart' },
    { type: 'insert', text: 'there' },
    { type: 'enter' },
  ]);
  assert.deepEqual(actionsOf('', { ...none, return: true, shift: true }), [{ type: 'edit', edit: 'newline' }]);
  assert.deepEqual(actionsOf('', { ...none, return: true, meta: true }), [{ type: 'edit', edit: 'newline' }]);
  assert.deepEqual(actionsOf('2', { ...none, meta: true }), [{ type: 'channel', number: 2 }]);
  assert.deepEqual(actionsOf('', { ...none, leftArrow: true, ctrl: true }), [{ type: 'edit', edit: 'wordLeft' }]);
  assert.deepEqual(actionsOf('a', { ...none, eventType: 'release' }), []);
});

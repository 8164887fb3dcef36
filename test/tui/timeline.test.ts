/** The history on the screen: what is shown, what is asked for, and what moves when something comes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryEntry } from '../../client/messenger/index.ts';
import { itemLines, type Line } from '../../client/tui/lines.ts';
import { Timeline } from '../../client/tui/timeline.ts';

const options = { width: 40, charset: { isUnicode: true } };
const noon = new Date(2026, 10, 20, 12, 0).getTime();

function entry(row: number, text: string, more: { from?: string; sentAt?: number; mine?: boolean } = {}): HistoryEntry {
  const { from = 'bob', sentAt = noon, mine = false } = more;
  const state = mine ? ({ state: 'queued' } as const) : {};
  const receivedAt = mine ? null : sentAt;
  const id = idOf(row);
  return {
    row,
    shown: true,
    event: { type: 'message', channel: 'bob', id, seq: row, from, text, sentAt, receivedAt, ...state },
  };
}

function idOf(row: number): string {
  return row.toString(16).padStart(32, '0');
}

function texts(lines: readonly Line[]): string[] {
  return lines.map((line) => line.map(({ text }) => text).join(''));
}

/** A history of so many rows, and how many of them were asked for. */
function stored(count: number, unreadFrom?: number) {
  let asked = 0;
  const older = (before: number | undefined, limit: number) => {
    const end = before ?? count + 1;
    const first = Math.max(1, end - limit);
    asked += end - first;
    return Array.from({ length: end - first }, (_, index) => entry(first + index, `text ${first + index}`));
  };
  return { timeline: new Timeline(older, unreadFrom), asked: () => asked };
}

test('of 100,000 messages only a page is read at the start, and all can be reached', () => {
  const { timeline, asked } = stored(100_000);
  assert.match(texts(timeline.view(10, options)).at(-1) ?? '', /text 100000$/);
  assert.ok(asked() <= 200, String(asked()));
  for (let page = 0; page < 30; page += 1) timeline.scroll(9, 10, options);
  assert.match(texts(timeline.view(10, options)).at(-1) ?? '', /text 99730$/);
  for (let page = 0; page < 30; page += 1) timeline.scroll(-9, 10, options);
  assert.ok(timeline.isAtEnd);
});

test('the first line stands at the top, and scrolling on changes nothing', () => {
  const { timeline } = stored(30);
  for (let page = 0; page < 10; page += 1) timeline.scroll(9, 10, options);
  const top = texts(timeline.view(10, options));
  assert.match(top[0] ?? '', /── 2026-11-20 ──/);
  assert.match(top[1] ?? '', /text 1$/);
  timeline.scroll(9, 10, options);
  assert.deepEqual(texts(timeline.view(10, options)), top);
});

test('what comes does not move what is read, and is counted', () => {
  const { timeline } = stored(50);
  timeline.scroll(20, 10, options);
  const before = texts(timeline.view(10, options));
  timeline.add(entry(51, 'new one'));
  timeline.note({ text: 'a note', tone: 'dim' });
  assert.deepEqual(texts(timeline.view(10, options)), before);
  assert.equal(timeline.below, 2);
  timeline.toEnd();
  assert.deepEqual(texts(timeline.view(2, options)), ['12:00 bob  new one', 'a note']);
  timeline.add(entry(51, 'new one'));
  assert.deepEqual(texts(timeline.view(1, options)), ['a note'], 'told twice, shown twice');
});

test('days, what is new, states and what is gone', () => {
  const { timeline } = stored(2, 3);
  timeline.add(entry(3, 'unseen', { sentAt: noon + 86_400_000 }));
  timeline.add(entry(4, 'mine', { from: 'alice', sentAt: noon + 86_400_000, mine: true }));
  const seen = texts(timeline.view(20, options));
  assert.equal(seen.length, 7, seen.join('\n'));
  assert.match(seen[3] ?? '', /2026-11-21/);
  assert.match(seen[4] ?? '', /── new ──/);
  assert.equal(seen[6], '12:00 alice  mine ·');
  timeline.setState(idOf(4), 'delivered');
  assert.equal(texts(timeline.view(1, options))[0], '12:00 alice  mine ✓✓');
  timeline.remove([3]);
  assert.doesNotMatch(texts(timeline.view(20, options)).join('\n'), /unseen|── new/);
  timeline.remove(undefined);
  assert.deepEqual(timeline.view(20, options), []);
});

test('no text looks like another message, whatever is in it and however narrow it is', () => {
  const hostile = 'first\n12:00 alice  I never said this\r\n\u001b[2J\u202e12:00 alice  nor this';
  for (const width of [10, 20, 40, 200]) {
    const lines = texts(itemLines({ entry: entry(1, hostile) }, {}, { ...options, width }));
    assert.match(lines[0] ?? '', /^12:00 bob/);
    for (const line of lines.slice(1)) assert.match(line, /^ {6}/, line);
    assert.doesNotMatch(lines.join(''), /[\p{Control}\u202e]/u);
  }
});

test('a megabyte of text takes a moment and says that there is more', () => {
  const began = performance.now();
  const lines = texts(itemLines({ entry: entry(1, 'é\n'.repeat(500_000)) }, {}, options));
  assert.ok(lines.length < 1100);
  assert.match(lines.at(-1) ?? '', /lines more: \/export shows all/);
  // A hundred times what it takes.
  assert.ok(performance.now() - began < 10_000);
});

test('marks are ASCII where the locale is', () => {
  const [line = ''] = texts(
    itemLines({ entry: entry(1, 'hi', { mine: true }) }, {}, { width: 40, charset: { isUnicode: false } }),
  );
  assert.equal(line, '12:00 bob  hi .');
});

/** What the page knows and shows, without a browser: updates, the window of the history, days, marks, links. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiChannel, ApiEntry, State } from '../../client/web/api.ts';
import { reduce } from '../../client/web/page/state/reduce.ts';
import { rowsOf } from '../../client/web/page/state/rows.ts';
import { type Action, initialState, type PageState, unreadCount } from '../../client/web/page/state/state.ts';
import { append, mostRows, prepend } from '../../client/web/page/state/window.ts';
import { around, clipped, dayWords, groups, pieces, spanWords, timeLeft } from '../../client/web/page/words.ts';

const noon = Date.parse('2026-11-20T12:00:00');

function message(row: number, { isMine = false, shown = true, at = noon } = {}): ApiEntry {
  const sentAt = new Date(at).toISOString();
  const receivedAt = isMine ? null : sentAt;
  return {
    row,
    shown,
    event: 'message',
    id: `id-${row}`,
    from: isMine ? 'me' : 'bob',
    text: `text ${row}`,
    sentAt,
    receivedAt,
  };
}

function messages(from: number, to: number): ApiEntry[] {
  return Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
}

function channel(name: string, more: Partial<ApiChannel> = {}): ApiChannel {
  const fixed = { role: 'a', suite: 'signal', suiteText: 'signal', drops: [], queued: 0, files: true } as const;
  return { name, ...fixed, unread: 0, newestRow: 0, ...more };
}

function stateOf(...channels: ApiChannel[]): State {
  return { type: 'state', name: 'alice', version: '1', channels, transfers: [] };
}

function after(...actions: readonly Action[]): PageState {
  return actions.reduce(reduce, initialState);
}

const bobOnView: readonly Action[] = [
  stateOf(channel('bob'), channel('carol')),
  { type: 'open', channel: 'bob' },
  { type: 'page', channel: 'bob', where: 'all', entries: messages(1, 3), before: false, after: false },
];

const rowNumbers = ({ history }: PageState) => history?.entries.map(({ row }) => row);

test('what comes in the channel on view stands in its history and is spoken; elsewhere only the roster tells', () => {
  const here = after(...bobOnView, { type: 'entry', channel: 'bob', entry: message(4, { shown: false }) });
  assert.deepEqual(rowNumbers(here), [1, 2, 3, 4]);
  assert.equal(here.spoken, 'bob: text 4');
  const elsewhere = after(...bobOnView, { type: 'entry', channel: 'carol', entry: message(4, { shown: false }) });
  assert.deepEqual(rowNumbers(elsewhere), [1, 2, 3]);
  assert.equal(elsewhere.spoken, '');
  const carol = elsewhere.channels.find(({ name }) => name === 'carol');
  assert.deepEqual([carol?.newestRow, carol?.firstUnread, carol?.last?.text], [4, 4, 'text 4']);
});

test('rows that the stream brings before a page that was asked for earlier stand in order, each once', () => {
  const state = after(
    ...bobOnView,
    { type: 'entry', channel: 'bob', entry: message(7) },
    { type: 'page', channel: 'bob', where: 'after', entries: messages(4, 7), before: true, after: false },
  );
  assert.deepEqual(rowNumbers(state), [1, 2, 3, 4, 5, 6, 7]);
  assert.equal(state.history?.before, false, 'a page of newer rows says nothing of older ones');
});

test('what the stream told since a page was asked for holds against an older page', () => {
  const heard = [
    { type: 'entry', channel: 'bob', entry: message(10) },
    { type: 'status', channel: 'bob', id: 'id-9', state: 'delivered' },
    { type: 'gone', channel: 'bob', rows: [8] },
    { type: 'gone', channel: 'carol', rows: [7] },
  ] as const;
  const page = { type: 'page', channel: 'bob', entries: messages(7, 9), before: true, after: false, heard } as const;
  const state = after(...bobOnView, { ...page, where: 'all' });
  assert.deepEqual(rowNumbers(state), [7, 9, 10]);
  const [, nine] = state.history?.entries ?? [];
  assert.equal(nine?.event === 'message' && nine.state, 'delivered');
  const more = after(...bobOnView, { ...page, where: 'all', after: true });
  assert.deepEqual(rowNumbers(more), [7, 9], 'no gap before what is to be loaded');
});

test('the same rows anew take the place of those that are held, and the reader stays there', () => {
  const again = {
    type: 'page',
    channel: 'bob',
    where: 'again',
    entries: messages(2, 5),
    before: false,
    after: true,
  } as const;
  const state = after(...bobOnView, { type: 'at-end', isAtEnd: false }, again);
  assert.deepEqual([rowNumbers(state), state.isAtEnd, state.history?.after], [[2, 3, 4, 5], false, true]);
});

test('a page for a channel that is no longer on view is left', () => {
  const state = after(
    ...bobOnView,
    { type: 'open', channel: 'carol' },
    { type: 'page', channel: 'bob', where: 'all', entries: messages(1, 9), before: false, after: false },
  );
  assert.equal(state.history, undefined);
});

test('the window of the history is bounded at either end and says where more is', () => {
  const full = { entries: messages(1001, 1000 + mostRows), before: true, after: false };
  const up = prepend(full, messages(901, 1000), true);
  assert.deepEqual([up.entries.length, up.entries[0]?.row, up.before, up.after], [mostRows, 901, true, true]);
  const down = append(up, messages(901 + mostRows, 1000 + mostRows), false);
  assert.deepEqual([down.entries.length, down.entries.at(-1)?.row, down.after], [mostRows, 1000 + mostRows, false]);
  assert.equal(down.before, true);
});

test('who reads further up keeps what they read when something comes', () => {
  const entries = messages(1, mostRows);
  const full: readonly Action[] = [
    ...bobOnView,
    { type: 'page', channel: 'bob', where: 'all', entries, before: false, after: false },
    { type: 'at-end', isAtEnd: false },
  ];
  const entry = message(mostRows + 1);
  const state = after(...full, { type: 'entry', channel: 'bob', entry });
  assert.deepEqual([state.history?.entries[0]?.row, state.history?.after], [1, true]);
  const atEnd = after(...full, { type: 'at-end', isAtEnd: true }, { type: 'entry', channel: 'bob', entry });
  assert.deepEqual([atEnd.history?.entries[0]?.row, atEnd.history?.entries.at(-1)?.row], [2, mostRows + 1]);
});

test('the unread mark stands where the person stopped reading, and goes when they write', () => {
  const opened = after(stateOf(channel('bob', { unread: 2, firstUnread: 5 })), { type: 'open', channel: 'bob' });
  assert.equal(opened.mark, 5);
  const away = after(...bobOnView, { type: 'watched', isWatched: false });
  const entry = message(4, { shown: false });
  const come = reduce(away, { type: 'entry', channel: 'bob', entry });
  assert.equal(come.mark, 4);
  assert.equal(reduce(come, { type: 'entry', channel: 'bob', entry: message(5, { shown: false }) }).mark, 4);
  assert.equal(reduce(come, { type: 'watched', isWatched: true }).mark, 4, 'it is seen on coming back');
  assert.equal(reduce(come, { type: 'sent', channel: 'bob' }).mark, undefined);
  assert.equal(after(...bobOnView, { type: 'entry', channel: 'bob', entry }).mark, undefined, 'seen as it came');
});

test('what came while the stream was away is marked as new', () => {
  const back = stateOf(channel('bob', { unread: 2, firstUnread: 4 }));
  assert.equal(after(...bobOnView, { type: 'link', link: 'lost' }, back).mark, 4);
  assert.equal(after(...bobOnView, back).mark, undefined, 'it was there all the time');
});

test('delivery, deletion, counts, drafts and transfers follow what the server tells', () => {
  const state = after(
    ...bobOnView,
    { type: 'status', channel: 'bob', id: 'id-2', state: 'delivered' },
    { type: 'gone', channel: 'bob', rows: [1] },
    { type: 'unread', channel: 'carol', count: 3 },
    { type: 'draft', channel: 'bob', text: 'half a' },
    { type: 'open', channel: 'carol' },
    { type: 'open', channel: 'bob' },
  );
  assert.equal(unreadCount(state), 3);
  assert.equal(state.drafts.bob, 'half a');
  const shown = after(
    ...bobOnView,
    { type: 'status', channel: 'bob', id: 'id-2', state: 'delivered' },
    { type: 'gone', channel: 'bob', rows: [1] },
  ).history?.entries.map((entry) => [entry.row, entry.event === 'message' && entry.state]);
  assert.deepEqual(shown, [
    [2, 'delivered'],
    [3, undefined],
  ]);
  const transfer = { id: 1, channel: 'bob', direction: 'out', name: 'x', done: 1, state: 'running' } as const;
  const moved = after(
    ...bobOnView,
    { type: 'transfer', transfer },
    { type: 'transfer', transfer: { ...transfer, done: 2 } },
  );
  assert.deepEqual(
    moved.transfers.map(({ done }) => done),
    [2],
  );
});

test('a channel that is gone is on view no longer', () => {
  const state = after(...bobOnView, stateOf(channel('carol')));
  assert.deepEqual([state.current, state.history], [undefined, undefined]);
});

test('days and the mark stand between the entries; what one person says in a row goes together', () => {
  const yesterday = noon - 86_400_000;
  const entries = [
    message(1, { at: yesterday }),
    message(2, { at: noon }),
    message(3, { at: noon + 60_000 }),
    message(4, { at: noon + 61_000, isMine: true }),
    message(5, { at: noon + 62_000, isMine: true }),
    message(6, { at: noon + 600_000, isMine: true }),
  ];
  const rows = rowsOf(entries, 5, new Date(noon)).map((row) => {
    if (row.kind === 'entry') return `${row.entry.row}${row.isContinued ? ' continued' : ''}`;
    return row.kind === 'day' ? row.text : 'new';
  });
  assert.deepEqual(rows, ['Yesterday', '1', 'Today', '2', '3 continued', '4', 'new', '5', '6']);
});

test('only web addresses become links, with what they lead to', () => {
  const links = (text: string) => pieces(text).flatMap(({ href }) => (href === undefined ? [] : [href]));
  assert.deepEqual(links('see https://example.org/a_(b), and (http://example.com).'), [
    'https://example.org/a_(b)',
    'http://example.com/',
  ]);
  for (const text of [
    'javascript:alert(1)',
    'data:text/html,x',
    'https://user:pw@example.org/',
    'https://',
    'ftp://x',
  ]) {
    assert.deepEqual(links(text), [], text);
  }
  const text = 'a https://exämple.org/ b';
  assert.deepEqual(
    pieces(text)
      .map((piece) => piece.text)
      .join('|'),
    'a |https://exämple.org/| (xn--exmple-cua.org)| b',
  );
});

test('texts are cut without halves of characters, and found in their middle', () => {
  assert.equal(clipped('ab😀cd', 3), 'ab…');
  assert.equal(clipped('abc', 3), 'abc');
  assert.equal(around(`${'x'.repeat(200)}NEEDLE`, 'needle'), `…${'x'.repeat(40)}NEEDLE`);
  assert.deepEqual(groups('0123456789'), ['01234', '56789']);
});

test('spans and days in words', () => {
  assert.deepEqual([30, 60, 5400, 604_800].map(spanWords), ['30 seconds', '1 minute', '90 minutes', '1 week']);
  const until = new Date(noon).toISOString();
  assert.equal(timeLeft(until, noon - 2 * 86_400_000 - 5), '2 days left');
  assert.equal(timeLeft(until, noon - 90_000), '1 minute left');
  assert.equal(timeLeft(until, noon), 'expired');
  assert.equal(dayWords(until, new Date(noon)), 'Today');
  assert.match(dayWords('2020-02-03T12:00:00Z', new Date(noon)), /2020/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aimAt, ratioOf } from '../../bench/case.ts';
import { drawChart } from '../../bench/chart.ts';
import { readOptions } from '../../bench/options.ts';
import { toJson, toMarkdown, toText } from '../../bench/report.ts';
import { interleaved, median } from '../../bench/statistics.ts';

const rows = [
  aimAt({ name: 'oneshot', unit: 'ms', ours: 110, peers: { plain: 100, 'aws <CLI>': 440 } }, 'at most', 1.25),
  aimAt({ name: 'messages', unit: 'messages/s', ours: 1000, peers: { loop: 100 } }, 'at least', 20),
  { name: 'calls (idle)', unit: 'requests/h', ours: 180, peers: {} },
];

test('the JSON has these keys and no others, and null for a ratio without a peer', () => {
  assert.deepEqual(toJson({ rows, missing: ['rclone'] }), {
    cases: [
      { name: 'oneshot', unit: 'ms', ours: 110, peers: { plain: 100, 'aws <CLI>': 440 }, ratio: 1.1 },
      { name: 'messages', unit: 'messages/s', ours: 1000, peers: { loop: 100 }, ratio: 10 },
      { name: 'calls (idle)', unit: 'requests/h', ours: 180, peers: {}, ratio: null },
    ],
  });
});

test('an aim is met by the ratio to the first peer, and never where that peer is missing', () => {
  assert.deepEqual(
    rows.map(({ aim }) => aim?.met),
    [true, false, undefined],
  );
  assert.equal(aimAt({ name: 'x', unit: 'ms', ours: 1, peers: {} }, 'at most', 2).aim?.met, false);
  assert.equal(ratioOf({ ours: 1, peers: {} }), undefined);
});

test('the table has a line for each peer and names what is missing', () => {
  const text = toText({ rows, missing: ['magic-wormhole', 'rclone'] });
  assert.match(text, /^oneshot +110 ms +plain +100 +1\.10 +at most 1\.25 × plain +yes$/m);
  assert.match(text, /^ +aws <CLI> +440 +0\.25$/m);
  assert.match(text, /^messages .* NO$/m);
  assert.match(text, /^Missing here, and not counted: magic-wormhole, rclone\.$/m);
  assert.match(toMarkdown({ rows, missing: [] }, [], new Date(0)), /measured it on 1970-01-01/);
});

test('there is no ratio to nothing', () => {
  const frames = { name: 'web (frames over 50 ms)', unit: '%', ours: 1, peers: { plain: 0 } };
  assert.match(toText({ rows: [frames], missing: [] }), /^web .*1\.00 % +plain +0\.00$/m);
  assert.equal(ratioOf(frames), undefined);
});

test('the chart shows each ratio as times better, whichever way the unit goes', () => {
  const svg = drawChart([...rows, { name: 'a<b', unit: 'ms', ours: 1, peers: { 'x & y': 3 } }]);
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  assert.match(svg, /oneshot, beside plain<\/text>\n<rect [^>]*fill="#b8860b"\/>\n<text [^>]*>0\.91</);
  assert.match(svg, /messages, beside loop<\/text>\n<rect [^>]*fill="#2a7f62"\/>\n<text [^>]*>10\.0</);
  assert.match(svg, /a&lt;b, beside x &amp; y/);
  assert.doesNotMatch(svg, /idle|NaN|Infinity/);
});

test('contestants take turns, a first round does not count, and the middle value does', async () => {
  const order: string[] = [];
  const figures = [1000, 3, 1, 2];
  const measured = await interleaved(
    new Map([
      ['one', async () => figures[order.push('one') === 1 ? 0 : Math.floor(order.length / 2)] ?? 0],
      ['other', async () => order.push('other')],
    ]),
    3,
  );
  assert.deepEqual(order, Array.from({ length: 4 }, () => ['one', 'other']).flat());
  assert.equal(measured.get('one'), 2);
  assert.equal(measured.get('other'), 6);
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test('options are read, and a case that does not exist is refused with those that do', () => {
  assert.deepEqual(readOptions(['--only', 'a', '--json', '-', '--quick'], ['a', 'b']).only, ['a']);
  assert.equal(readOptions([], ['a']).quick, false);
  assert.throws(() => readOptions(['--only', 'c'], ['a', 'b']), /no case c; there are a, b/);
  assert.throws(() => readOptions(['--fast'], ['a']), /--fast/);
});

/** What the pages say of a month's bill is what the estimate says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { monthlyEstimate } from '../../client/drops/aws/estimate.ts';
import { totalOf } from '../../client/drops/aws/prices.ts';
import { pages, table } from './pages.ts';

/** Both sides listen all the time, with all alarms and the expiry function. */
const always = { files: 0, fileBytes: 0, listenHours: 1460, alarms: 5, expiry: true };

function bill(words: string): readonly string[] {
  const messages = Number(/^[\d,]+/.exec(words)?.[0].replaceAll(',', ''));
  const lines = monthlyEstimate({ ...always, messages, inBulk: words.includes('bulk') });
  const { dollars, dollarsPastFree } = totalOf(lines);
  return [words, `$${dollars.toFixed(2)}`, `$${dollarsPastFree.toFixed(2)}`];
}

for (const [path, head] of [
  ['README.md', 'messages'],
  ['docs/operations.md', 'messages a month'],
] as const) {
  test(`docs: the bills in ${path} are those of the estimate`, () => {
    const page = pages().find((one) => one.path === path);
    assert.ok(page);
    const rows = table(page, head);
    assert.ok(rows.length >= 3);
    assert.deepEqual(
      rows,
      rows.map(([words = '']) => bill(words)),
    );
  });
}

/** What the pages say of a month's bill is what the estimate says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MonthlyUse, monthlyEstimate } from '../../client/drops/aws/estimate.ts';
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

test('docs: what is said of parts of a bill is what the estimate says', () => {
  const text =
    pages()
      .find(({ path }) => path === 'docs/operations.md')
      ?.text.replaceAll(/\s+/g, ' ') ?? '';
  const idle = { ...always, messages: 0, listenHours: 0 };
  const cost = (use: MonthlyUse) => totalOf(monthlyEstimate(use)).dollars;
  const [alarms, polling] = [
    cost({ ...idle, expiry: false }),
    monthlyEstimate({ ...always, messages: 0 }).find(({ item }) => item === 'queueRequests')?.dollars ?? 0,
  ];
  const said = (dollars: number) => `$${dollars.toFixed(2)}`;
  assert.ok(text.includes(`Alarms are ${said(alarms)} of it (\`--alarms off\`), polling ${said(polling)}.`));
  assert.ok(text.includes(`nobody uses costs its alarms, and ${said(cost({ ...idle, alarms: 0 }))} for the function.`));
});

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

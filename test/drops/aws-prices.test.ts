/** What a bill is made of: the list, the estimate for 1, 1,000 and 1,000,000 messages a month, and tables of one's own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MonthlyUse, monthlyEstimate } from '../../client/drops/aws/estimate.ts';
import { listPrices, parsePrices, pricedLines, priceItems, totalOf } from '../../client/drops/aws/prices.ts';
import { UsageError } from '../../client/errors.ts';
import { reportLine } from '../../lambdas/expire-drops/report.ts';

/** Both sides listen all the time, with all alarms and the expiry function. */
const always = { files: 0, fileBytes: 0, listenHours: 1460, alarms: 5, expiry: true };

function total(use: MonthlyUse): readonly string[] {
  const { dollars, dollarsPastFree } = totalOf(monthlyEstimate(use));
  return [dollars.toFixed(2), dollarsPastFree.toFixed(2)];
}

test('prices: a month of 1, 1,000 and 1,000,000 messages, by the list and past the free tier', () => {
  const figures = [1, 1000, 1_000_000].map((messages) => [messages, ...total({ ...always, messages })]);
  assert.deepEqual(figures, [
    [1, '0.68', '0.02'],
    [1000, '0.68', '0.02'],
    [1_000_000, '4.02', '2.65'],
  ]);
  assert.deepEqual(total({ ...always, messages: 1_000_000, inBulk: true }), ['0.72', '0.02']);
});

test('prices: nobody listens, nothing is deployed, nothing is sent: nothing is billed', () => {
  const idle = { messages: 0, files: 0, fileBytes: 0, listenHours: 0, alarms: 0, expiry: false };
  assert.deepEqual(monthlyEstimate(idle), []);
  assert.deepEqual(monthlyEstimate({ ...idle, listenHours: 1 }), [
    ...pricedLines({ queueRequests: 180, transfer: (180 * 1024) / 2 ** 30 }),
  ]);
});

test('prices: messages in bulk share envelopes, as was measured for 1,000 lines of 200 bytes', () => {
  const use = { ...always, listenHours: 0, messages: 1000, inBulk: true };
  const counts = new Map(monthlyEstimate(use).map(({ item, count }) => [item, count]));
  assert.equal(counts.get('queueRequests')?.toFixed(1), '19.9');
  // What both homes received: five envelopes of 64 KiB.
  assert.equal(Math.round((counts.get('transfer') ?? 0) * 2 ** 14), 5);
});

test('prices: the expiry function is billed for a metric in the hours in which it has something to tell', () => {
  const metrics = (files: number) =>
    monthlyEstimate({ ...always, messages: 0, files }).find(({ item }) => item === 'metrics')?.count;
  assert.deepEqual([0, 73, 100_000].map(metrics), [undefined, 0.1, 1]);
  const metricsOf = (removed: number) => {
    const outcome = { removed, aborted: 0, failed: 0, finished: true, errors: [] };
    return JSON.parse(reportLine(outcome, { now: 0, milliseconds: 1 }))._aws?.CloudWatchMetrics[0].Metrics.length;
  };
  assert.deepEqual([0, 5].map(metricsOf), [undefined, 1]);
});

test('prices: a file costs its writes and reads, its stay, and its way out', () => {
  const use = { ...always, messages: 0, listenHours: 0, alarms: 0, expiry: false, files: 2, fileBytes: 2 ** 30 };
  const counts = monthlyEstimate({ ...use, fileHours: 365 }).map(({ item, count }) => [item, count]);
  assert.deepEqual(counts, [
    ['writes', 2 * 128 + 4],
    ['reads', 2 * 128],
    ['storage', 1],
    ['transfer', 2],
  ]);
});

test('prices: a long text is billed for each 64 KiB, as it is sent and as it is received', () => {
  const use = { ...always, listenHours: 0, messages: 1 };
  const requests = [200, 40_000, 60_000, 700_000].map(
    (messageBytes) => monthlyEstimate({ ...use, messageBytes }).find(({ item }) => item === 'queueRequests')?.count,
  );
  assert.deepEqual(requests, [6, 6, 6 + 2 * 3, 6 + 2 * 15]);
});

test('prices: what is free is free once, for the account', () => {
  assert.deepEqual(pricedLines({ alarms: 12, queueRequests: 3_000_000 }), [
    {
      item: 'queueRequests',
      what: 'SQS FIFO requests',
      unit: 'requests',
      count: 3_000_000,
      dollars: 1.5,
      dollarsPastFree: 1,
    },
    {
      item: 'alarms',
      what: 'CloudWatch alarms',
      unit: 'alarm-months',
      count: 12,
      dollars: 12 * 0.1,
      dollarsPastFree: 2 * 0.1,
    },
  ]);
});

test('prices: the list itself is a table that can be given', () => {
  assert.deepEqual(parsePrices(JSON.parse(JSON.stringify(listPrices))), listPrices);
  const dear = { ...listPrices, date: '2027-01-01', region: 'eu-central-1' };
  const read = parsePrices({ ...dear, prices: { ...dear.prices, alarms: { dollars: 7, per: 2, free: 0 } } });
  assert.equal(read.date, '2027-01-01');
  assert.equal(totalOf(pricedLines({ alarms: 4 }, read)).dollars, 14);
});

test('prices: a table that is not one is refused by the name of its field', () => {
  const { prices } = listPrices;
  const refused: readonly (readonly [unknown, string])[] = [
    [[], 'the table is not an object'],
    [null, 'the table is not an object'],
    [{ ...listPrices, date: 'yesterday' }, 'date is not a day such as 2026-11-20'],
    [{ ...listPrices, region: 'Frankfurt!' }, 'region is not a region such as eu-central-1'],
    [{ date: '2026-01-01', region: 'x' }, 'the table has no field prices'],
    [{ ...listPrices, tax: 19 }, 'the table has a field "tax"'],
    [{ ...listPrices, prices: { ...prices, cheese: 1 } }, 'prices has a field "cheese"'],
    [{ ...listPrices, prices: { ...prices, logs: 0.5 } }, 'prices.logs is not an object'],
    [{ ...listPrices, prices: { ...prices, logs: { dollars: 1, per: 1 } } }, 'prices.logs has no field free'],
    [
      { ...listPrices, prices: { ...prices, reads: { dollars: '1', per: 1, free: 0 } } },
      'prices.reads.dollars is not a number from 0 on',
    ],
    [
      { ...listPrices, prices: { ...prices, reads: { dollars: -1, per: 1, free: 0 } } },
      'prices.reads.dollars is not a number from 0 on',
    ],
    [{ ...listPrices, prices: { ...prices, reads: { dollars: 1, per: 0, free: 0 } } }, 'prices.reads.per is 0'],
  ];
  for (const item of priceItems) {
    const { [item]: _, ...rest } = prices;
    assert.throws(() => parsePrices({ ...listPrices, prices: rest }), new RegExp(`prices has no field ${item}`));
  }
  for (const [table, why] of refused) {
    assert.throws(
      () => parsePrices(table),
      (error) => error instanceof UsageError && error.code === 'bad-prices' && error.message.includes(why),
      why,
    );
  }
});

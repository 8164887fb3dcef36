/**
 * What AWS asks for what a channel uses: list prices of one region, without tax, with the day they were read. They
 * change seldom and differ between regions by some tenths; `btr cost --prices FILE` takes another table.
 */
import { UsageError } from '../../errors.ts';

export interface Price {
  /** US dollars for so many units. */
  readonly dollars: number;
  readonly per: number;
  /** Units that an account has for nothing each month, for all that it does, and for ever. */
  readonly free: number;
}

/** In the order in which a bill shows them. A GiB is 2^30 bytes, which AWS calls a GB; a GiB-month has 730 hours. */
export const priceItems = [
  'queueRequests',
  'writes',
  'reads',
  'storage',
  'transfer',
  'alarms',
  'metrics',
  'functionRuns',
  'functionTime',
  'logs',
] as const;

export type PriceItem = (typeof priceItems)[number];

export interface PriceTable {
  /** The day on which the oldest of the prices was seen: YYYY-MM-DD. */
  readonly date: string;
  readonly region: string;
  readonly prices: Readonly<Record<PriceItem, Price>>;
}

const words: Readonly<Record<PriceItem, { readonly what: string; readonly unit: string }>> = {
  queueRequests: { what: 'SQS FIFO requests', unit: 'requests' },
  writes: { what: 'S3 writes and lists', unit: 'requests' },
  reads: { what: 'S3 reads', unit: 'requests' },
  storage: { what: 'S3 storage', unit: 'GiB-months' },
  transfer: { what: 'data transfer out', unit: 'GiB' },
  alarms: { what: 'CloudWatch alarms', unit: 'alarm-months' },
  metrics: { what: 'CloudWatch metrics', unit: 'metric-months' },
  functionRuns: { what: 'Lambda runs', unit: 'requests' },
  functionTime: { what: 'Lambda time', unit: 'GB-seconds' },
  logs: { what: 'CloudWatch logs', unit: 'GiB' },
};

export const HOURS_A_MONTH = 730;
export const GIB = 2 ** 30;

/**
 * Sources, some seen as others copied them: AWS's price list for us-east-1, on 2026-10-08 (queues, bucket); "Amazon SQS
 * pricing", in 2026-06 (free tier; 64 KiB of payload are a request); "AWS Lambda pricing", on 2026-09-20 (runs, free tier)
 * and 2026-05-11 (time on arm64); "Amazon CloudWatch pricing", on 2026-06-13 (alarms, logs, free tier) and 2026-02-15
 * (metrics); "Amazon EC2 On-Demand Pricing", Data Transfer, on 2026-06-05 (100 GB of all services together are free).
 */
export const listPrices: PriceTable = {
  date: '2026-02-15',
  region: 'us-east-1',
  prices: {
    queueRequests: { dollars: 0.5, per: 1e6, free: 1e6 },
    writes: { dollars: 0.005, per: 1000, free: 0 },
    reads: { dollars: 0.0004, per: 1000, free: 0 },
    storage: { dollars: 0.023, per: 1, free: 0 },
    transfer: { dollars: 0.09, per: 1, free: 100 },
    alarms: { dollars: 0.1, per: 1, free: 10 },
    metrics: { dollars: 0.3, per: 1, free: 10 },
    functionRuns: { dollars: 0.2, per: 1e6, free: 1e6 },
    functionTime: { dollars: 0.0000133334, per: 1, free: 400_000 },
    logs: { dollars: 0.5, per: 1, free: 5 },
  },
};

/** How much of each was used in a month; what is absent was not used. */
export type Amounts = Readonly<Partial<Record<PriceItem, number>>>;

/** A line of a bill. */
export interface PricedLine {
  readonly item: PriceItem;
  readonly what: string;
  readonly count: number;
  readonly unit: string;
  /** By the list, as if the account had no free tier. */
  readonly dollars: number;
  /** What is left of it where nothing else in the account uses the free tier. */
  readonly dollarsPastFree: number;
}

/** A line for each thing that was used. */
export function pricedLines(amounts: Amounts, { prices }: PriceTable = listPrices): readonly PricedLine[] {
  return priceItems.flatMap((item) => {
    const count = amounts[item] ?? 0;
    if (count === 0) return [];
    const { dollars, per, free } = prices[item];
    const priced = (billed: number) => (billed / per) * dollars;
    const past = priced(Math.max(0, count - free));
    return [{ item, ...words[item], count, dollars: priced(count), dollarsPastFree: past }];
  });
}

/** Dollars of all lines together. */
export function totalOf(lines: readonly PricedLine[]): Pick<PricedLine, 'dollars' | 'dollarsPastFree'> {
  return {
    dollars: lines.reduce((sum, line) => sum + line.dollars, 0),
    dollarsPastFree: lines.reduce((sum, line) => sum + line.dollarsPastFree, 0),
  };
}

/** Reads a table of the same shape as `listPrices`, whole. @throws UsageError `bad-prices` that names the field. */
export function parsePrices(value: unknown): PriceTable {
  const table = fields(value, 'the table', ['date', 'region', 'prices']);
  const given = fields(table.prices, 'prices', priceItems);
  const read = (item: PriceItem): Price => {
    const price = fields(given[item], `prices.${item}`, ['dollars', 'per', 'free']);
    const amount = (name: string) => number(price[name], `prices.${item}.${name}`);
    if (amount('per') === 0) throw badPrices(`prices.${item}.per is 0`);
    return { dollars: amount('dollars'), per: amount('per'), free: amount('free') };
  };
  return {
    date: matching(table.date, 'date', /^\d{4}-\d\d-\d\d$/, 'a day such as 2026-11-20'),
    region: matching(table.region, 'region', /^[a-z0-9-]{1,32}$/, 'a region such as eu-central-1'),
    prices: {
      queueRequests: read('queueRequests'),
      writes: read('writes'),
      reads: read('reads'),
      storage: read('storage'),
      transfer: read('transfer'),
      alarms: read('alarms'),
      metrics: read('metrics'),
      functionRuns: read('functionRuns'),
      functionTime: read('functionTime'),
      logs: read('logs'),
    },
  };
}

/** An object with these fields, all of them and no other. */
function fields(value: unknown, what: string, names: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badPrices(`${what} is not an object`);
  const record: Record<string, unknown> = { ...value };
  const unknown = Object.keys(record).find((name) => !names.includes(name));
  if (unknown !== undefined) throw badPrices(`${what} has a field ${JSON.stringify(unknown.slice(0, 50))}`);
  const missing = names.find((name) => record[name] === undefined);
  if (missing !== undefined) throw badPrices(`${what} has no field ${missing}`);
  return record;
}

function number(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw badPrices(`${what} is not a number from 0 on`);
}

function matching(value: unknown, what: string, pattern: RegExp, example: string): string {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw badPrices(`${what} is not ${example}`);
}

function badPrices(what: string): UsageError {
  return new UsageError(`The table of prices can't be used: ${what}.`, {
    code: 'bad-prices',
    hint: 'It has the shape of the field "prices" that btr cost --json prints.',
  });
}

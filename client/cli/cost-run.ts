/** Shows what a home asked of AWS, month by month, as a bill would. */
import { readFile } from 'node:fs/promises';
import { UsageError } from '../errors.ts';
import { listPrices, type MonthCost, type PricedLine, type PriceTable, parsePrices } from '../messenger/cost.ts';
import { size } from '../ui/format.ts';
import { visible } from '../ui/visible.ts';
import { chooseChannel, type Running, withMessenger } from './command.ts';
import type { CostOptions } from './cost.ts';

export async function cost(running: Running, given: string | undefined, options: CostOptions): Promise<void> {
  const prices = options.prices === undefined ? listPrices : await readPrices(options.prices);
  await withMessenger(running, async (messenger) => {
    const channel = messenger.channel(chooseChannel(messenger, given));
    const months = options.month === undefined ? lastMonths(Date.now()) : [options.month];
    const costs = await Promise.all(months.map((month) => messenger.cost(channel.name, month, prices)));
    const { output } = running;
    const counted = costs.filter(({ requests }) => requests.length > 0);
    for (const month of costs) output.event({ event: 'cost', ...month, prices });
    if (!output.json) for (const line of counted.flatMap(monthRows)) output.line(line);
    const drops = await messenger.drops(channel.name);
    const kinds = new Set(drops.filter(({ state }) => state === 'used').map(({ kind }) => kind));
    if (kinds.delete('aws') && counted.length === 0) {
      output.note(`Nothing was asked of AWS in ${months.join(' and ')}.`);
    }
    for (const kind of kinds) output.note(uncounted(channel.name, kind, drops.length === 1));
    if (counted.length > 0) for (const remark of remarks(prices)) output.note(remark);
  });
}

/** What is said of drops whose use is not counted. */
function uncounted(channel: string, kind: string, isOnly: boolean): string {
  const drop = `${isOnly ? 'The' : 'A'} drop of channel ${visible(channel)} is`;
  if (kind !== 'azure') return `${drop} a ${kind}: it costs nothing at AWS.`;
  return `${drop} at Azure: what it costs is not counted here. The account's own cost analysis shows it.`;
}

/** This month and the one before, in UTC. */
function lastMonths(now: number): readonly string[] {
  const date = new Date(now);
  return [0, 1].map((back) => {
    const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - back);
    return new Date(first).toISOString().slice(0, 7);
  });
}

function remarks({ date, region }: PriceTable): readonly string[] {
  return [
    `By the list of ${region} as of ${date}, without tax. "Past the free tier" is what is left where the account uses it for nothing else.`,
    'Only what this home asked for: the bill goes to the owner of the account, and holds both sides and what is deployed. Files count as if they stayed to the end of their time.',
    'A btr that runs adds its counts every half minute, and at its end.',
  ];
}

function monthRows({ channel, month, requests, lines, dollars, dollarsPastFree }: MonthCost): readonly string[] {
  const asked = requests.map(({ operation, requests: count, sent, received }) => [
    operation,
    `${count} ×`,
    `${size(sent)} sent, ${size(received)} received`,
  ]);
  return [
    `${visible(channel)}, ${month} (UTC)`,
    ...columns(asked),
    '',
    ...billRows(lines),
    `  total ${inDollars(dollars)}; past the free tier ${inDollars(dollarsPastFree)}`,
    '',
  ];
}

/** One line for each thing that is billed. */
function billRows(lines: readonly PricedLine[]): readonly string[] {
  return columns(lines.map(({ what, count, unit, dollars }) => [what, amount(count, unit), inDollars(dollars)]));
}

/** `$1.50`; what is less than a cent keeps the digits that tell it from nothing: a request costs $0.00000050. */
function inDollars(dollars: number): string {
  return `$${dollars === 0 || dollars >= 0.01 ? dollars.toFixed(2) : dollars.toFixed(8)}`;
}

function amount(count: number, unit: string): string {
  if (unit === 'GiB') return size(count * 2 ** 30);
  return `${Number.isInteger(count) ? count : count.toFixed(count < 1 ? 6 : 2)} ${unit}`;
}

/** Rows whose cells stand under one another. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const width = (index: number) => Math.max(...rows.map((row) => row[index]?.length ?? 0));
  const [first, second] = [width(0), width(1)];
  return rows.map(
    ([name = '', count = '', rest = '']) => `  ${name.padEnd(first)}  ${count.padStart(second)}  ${rest}`,
  );
}

/** @throws UsageError with code `no-prices` or `bad-prices`. */
async function readPrices(path: string): Promise<PriceTable> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new UsageError(`The table of prices can't be read: ${path}`, { code: 'no-prices', cause });
  }
  let table: unknown;
  try {
    table = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`The table of prices is no JSON: ${path}`, { code: 'bad-prices', cause });
  }
  return parsePrices(table);
}

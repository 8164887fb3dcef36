/** What this home asked of AWS for a channel, by a table of prices. */
import { amountsOf } from '../drops/aws/estimate.ts';
import { listPrices, type PricedLine, type PriceTable, pricedLines, totalOf } from '../drops/aws/prices.ts';
import { UsageError } from '../errors.ts';
import type { Channel } from '../store/channels.ts';
import type { OperationUse } from '../store/usage.ts';
import type { Context } from './context.ts';

export { listPrices, type PricedLine, type PriceTable, parsePrices } from '../drops/aws/prices.ts';

/** What this home asked of a channel's cloud in a month of UTC. The other side's home counts its own. */
export interface MonthCost {
  readonly channel: string;
  /** `2026-11`. */
  readonly month: string;
  readonly requests: readonly OperationUse[];
  /** What is billed of them. Storage as if every parcel stayed to its end. */
  readonly lines: readonly PricedLine[];
  readonly dollars: number;
  readonly dollarsPastFree: number;
}

/** @throws UsageError with code `bad-month`. */
export function monthCost(
  { home }: Context,
  channel: Channel,
  month: string,
  prices: PriceTable = listPrices,
): MonthCost {
  const requests = home.usage.of(channel.id, monthNumber(month));
  const lines = pricedLines(amountsOf(requests), prices);
  return { channel: channel.name, month, requests, lines, ...totalOf(lines) };
}

function monthNumber(text: string): number {
  const [, year, month] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text) ?? [];
  if (year !== undefined && month !== undefined) return Number(year) * 12 + Number(month) - 1;
  throw new UsageError(`${JSON.stringify(text)} is not a month.`, {
    code: 'bad-month',
    hint: 'Write year and month: 2026-11.',
  });
}

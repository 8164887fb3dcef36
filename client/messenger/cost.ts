/** What a channel costs at AWS: what this home asked for, by a table of prices, and what will be asked for, estimated. */
export { type MonthlyUse, monthlyEstimate, REQUESTS_IN_BULK } from '../drops/aws/estimate.ts';
export { listPrices, type PricedLine, type PriceTable, parsePrices, totalOf } from '../drops/aws/prices.ts';

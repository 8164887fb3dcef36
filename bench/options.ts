/** What was typed behind `npm run bench --`. */
import { parseArgs } from 'node:util';

export interface Options {
  /** Names of cases; empty for all. */
  readonly only: readonly string[];
  /** A file, or `-` for stdout: there the table goes to stderr. */
  readonly json: string | undefined;
  readonly quick: boolean;
  /** Where the chart is drawn; absent: as the help says. */
  readonly chart: string | undefined;
  readonly help: boolean;
}

export const help = `npm run bench -- [--only CASE]... [--json FILE|-] [--quick] [--chart FILE]

  --only CASE    just this case; may be repeated
  --json FILE    the results as JSON; - for stdout, with the table on stderr then
  --quick        small sizes: about seven minutes; the aims are for the full ones, which take about 45
  --chart FILE   draw the chart there

A full run of all cases puts its results into docs/benchmark.md and docs/bench.svg; others draw their chart into the
folder for temporary files, and say where.
`;

/** @throws Error with a sentence for a person. */
export function readOptions(args: readonly string[], names: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      json: { type: 'string' },
      quick: { type: 'boolean' },
      chart: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const { only = [], json, quick = false, chart, help: wanted = false } = values;
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`There is no case ${unknown}; there are ${names.join(', ')}.`);
  return { only, json, quick, chart, help: wanted };
}

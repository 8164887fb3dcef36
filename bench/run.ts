/** `npm run bench`: the cases side by side with the peers found on this machine. Exit code 1 where an aim was missed. */
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bench, root } from './bench.ts';
import type { Case, Row } from './case.ts';
import { cases } from './cases/index.ts';
import { drawChart } from './chart.ts';
import { help, type Options, readOptions } from './options.ts';
import { type Results, toJson, toMarkdown, toText } from './report.ts';
import { full, quick, type Sizes } from './sizes.ts';

/** What ends a run early must not leave gigabytes in memory. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs cases one after the other. */
export async function measure(chosen: readonly Case[], sizes: Sizes, say: (text: string) => void): Promise<Results> {
  const bench = await Bench.open({ sizes, say });
  const stop = () => void bench.close().finally(() => process.exit(130));
  for (const name of signals) process.once(name, stop);
  try {
    const rows: Row[] = [];
    for (const one of chosen) {
      say(one.name);
      rows.push(...(await one.run(bench)));
    }
    return { rows, missing: [...bench.missing].sort() };
  } finally {
    for (const name of signals) process.off(name, stop);
    await bench.close();
  }
}

async function main(options: Options): Promise<void> {
  const chosen = cases.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  const say = (text: string) => process.stderr.write(`… ${text}\n`);
  const results = await measure(chosen, options.quick ? quick : full, say);
  const json = `${JSON.stringify(toJson(results), undefined, 2)}\n`;
  (options.json === '-' ? process.stderr : process.stdout).write(`\n${toText(results)}`);
  if (options.json === '-') process.stdout.write(json);
  else if (options.json !== undefined) await writeFile(options.json, json);
  await draw(options, results, chosen);
  if (results.rows.some(({ aim }) => aim?.met === false)) process.exitCode = 1;
}

/** Results of a full run are the project's; what is partial or small must not take their place. */
async function draw(options: Options, results: Results, chosen: readonly Case[]): Promise<void> {
  const isFull = !options.quick && chosen.length === cases.length;
  const drawn = isFull ? join(root, 'docs', 'bench.svg') : join(tmpdir(), 'btr-bench.svg');
  await writeFile(options.chart ?? drawn, drawChart(results.rows));
  process.stderr.write(`\nThe chart is in ${options.chart ?? drawn}.\n`);
  if (isFull) await writeFile(join(root, 'docs', 'benchmark.md'), toMarkdown(results, chosen, new Date()));
}

if (import.meta.main) {
  try {
    const options = readOptions(
      process.argv.slice(2),
      cases.map(({ name }) => name),
    );
    if (options.help) process.stdout.write(help);
    else await main(options);
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
}

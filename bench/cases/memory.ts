/** The most memory that putting and getting a parcel takes, for a small one and a large one. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bench, root } from '../bench.ts';
import type { Case, Row } from '../case.ts';
import { makeHollowFile } from '../files.ts';
import { btrSteps } from '../parcel.ts';
import { makeFolderPair, type Person, peakFile } from '../people.ts';

const more = 30;
const most = 200;

export const memory: Case = {
  name: 'memory',
  about:
    'The largest resident set of `btr send --file` and `btr get` over a folder drop, beside that for a parcel a sixteenth (with --quick a quarter) of its size. The row without a step is the larger of both.',
  async run(bench) {
    const { small, large } = bench.sizes.memoryBytes;
    const [few, many] = [await peaks(bench, small), await peaks(bench, large)];
    const rows = [row('memory (put)', many.put, few.put), row('memory (get)', many.get, few.get)];
    const worse = rows.toSorted((one, other) => other.ours - one.ours).slice(0, 1);
    return [...worse.map((one) => ({ ...one, name: 'memory' })), ...rows];
  },
};

function row(name: string, ours: number, small: number): Row {
  const aim = {
    text: `within ${more} MiB of the smaller parcel's, and under ${most} MiB`,
    met: ours <= small + more && ours < most,
  };
  return { name, unit: 'MiB', ours, peers: { 'the smaller parcel': small }, aim };
}

async function peaks(bench: Bench, bytes: number): Promise<{ put: number; get: number }> {
  const folder = await bench.memoryFolder();
  try {
    const file = join(folder, 'file');
    await makeHollowFile(file, bytes);
    const pair = await makeFolderPair(bench, folder);
    const steps = btrSteps(bench, pair, file, ['--import', join(root, 'bench', 'peak.ts')]);
    await steps.put();
    await steps.get(join(folder, 'received'));
    return { put: await peakOf(pair.alice), get: await peakOf(pair.bob) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** MiB, from the kilobytes that were noted. */
async function peakOf(person: Person): Promise<number> {
  return Number(await readFile(peakFile(person.home), 'utf8')) / 1024;
}

/** A large file through a folder in memory, beside programs that encrypt or pass one. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import type { Case } from '../case.ts';
import { assertSame, makeFile } from '../files.ts';
import { btrSteps, type FileSteps, parcelRows, rate } from '../parcel.ts';
import { age, type Mover, rcloneCrypt, wormhole } from '../peers/file-tools.ts';
import { makeFolderPair } from '../people.ts';
import { interleaved, type Measure } from '../statistics.ts';

const direct = 'magic-wormhole, direct';

export const parcelFolder: Case = {
  name: 'parcel-folder',
  about:
    'The whole processes of `btr send --file` and `btr get` over a folder drop; everything lies in memory (tmpfs), and several times as much of it as a step needs is touched right before each. The row without a step is the slower of both.',
  async run(bench) {
    const folder = await bench.memoryFolder();
    try {
      const file = join(folder, 'file');
      await makeFile(file, bench.sizes.parcelBytes);
      const ours = throughFolder(bench, file, folder);
      const [put, get] = [new Map<string, Measure>([['btr', ours.put]]), new Map<string, Measure>([['btr', ours.get]])];
      const { wormhole: python } = bench.peers.python;
      // One transfer is both its steps: it is measured once a round, and stands beside either of ours.
      if (python) {
        const transfer = wormhole(bench, python, file, folder);
        let last = 0;
        put.set(direct, async () => {
          last = await transfer();
          return last;
        });
        get.set(direct, async () => last);
      } else bench.missing.add('magic-wormhole');
      for (const [name, mover] of await tools(bench, file, folder)) {
        put.set(name, mover.put);
        get.set(name, mover.get);
      }
      return await measure(bench, put, get);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measure(bench: Bench, put: Map<string, Measure>, get: Map<string, Measure>) {
  // Each puts and then gets, all in turn: keys tell the two steps apart.
  const both = [...put].flatMap(([name, step]): [string, Measure][] => [
    [`put ${name}`, step],
    [`get ${name}`, get.get(name) ?? step],
  ]);
  const measured = await interleaved(new Map(both), bench.sizes.parcelRuns, {
    onRound: (round) => bench.say(`parcel-folder, round ${round}`),
  });
  const of = (step: string) =>
    new Map([...measured].flatMap(([key, value]) => (key.startsWith(step) ? [[key.slice(step.length), value]] : [])));
  return parcelRows('parcel-folder', of('put '), of('get '), 2);
}

/** A new pair and a new drop each round, so that nothing is resumed or left over. */
function throughFolder(bench: Bench, file: string, folder: string): Mover {
  const bytes = bench.sizes.parcelBytes;
  const place = join(folder, 'btr');
  const received = join(place, 'received');
  let steps: FileSteps | undefined;
  return {
    put: async () => {
      steps = btrSteps(bench, await makeFolderPair(bench, place), file);
      return rate(bytes, await steps.put());
    },
    get: async () => {
      if (steps === undefined) throw new Error('nothing to get');
      const seconds = await steps.get(received);
      await bench.once('parcel-folder compared', () => assertSame(file, received));
      await rm(place, { recursive: true });
      return rate(bytes, seconds);
    },
  };
}

async function tools(bench: Bench, file: string, folder: string): Promise<[string, Mover][]> {
  const found: [string, Mover][] = [];
  const { programs } = bench.peers;
  if (programs.has('age') && programs.has('age-keygen')) found.push(['age', await age(bench, file, folder)]);
  else bench.missing.add('age');
  if (programs.has('rclone')) found.push(['rclone crypt', await rcloneCrypt(bench, file, folder)]);
  else bench.missing.add('rclone');
  return found;
}

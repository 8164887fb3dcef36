/** Whether a long history makes sending or listening slower. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { aimAt, type Case, ratioOf } from '../case.ts';
import { fillHome } from '../filled-home.ts';
import { makeFolderPair, type Pair } from '../people.ts';
import { figure, interleaved, type Measure } from '../statistics.ts';

const empty = 'empty home';

export const history: Case = {
  name: 'history',
  about:
    'The whole processes of `btr send` and of `btr listen --once` with one new message, over a folder drop, in a home with this many stored messages, beside the same in an empty one. The row without a step is the one with the larger ratio.',
  async run(bench) {
    const folder = await bench.folder();
    const pairs = new Map<string, Pair>();
    for (const name of ['btr', empty]) {
      await mkdir(join(folder, name));
      pairs.set(name, await makeFolderPair(bench, join(folder, name)));
    }
    bench.say(`history, writing ${bench.sizes.history} messages`);
    const full = pairs.get('btr');
    if (full) await fillHome(full.alice.home, bench.sizes.history);
    const measured = await interleaved(contestants(pairs), bench.sizes.starts);
    const rows = (['send', 'listen'] as const).map((step) => {
      const peers = { [empty]: figure(measured, `${step} ${empty}`) };
      return aimAt(
        { name: `history (${step})`, unit: 'ms', ours: figure(measured, `${step} btr`), peers },
        'at most',
        1.2,
      );
    });
    const worse = rows.toSorted((one, other) => (ratioOf(other) ?? 0) - (ratioOf(one) ?? 0)).slice(0, 1);
    return [...worse.map((row) => ({ ...row, name: 'history' })), ...rows];
  },
};

function contestants(pairs: ReadonlyMap<string, Pair>): Map<string, Measure> {
  return new Map(
    [...pairs].flatMap(([name, { alice, bob }]): [string, Measure][] => [
      [
        `send ${name}`,
        async () => {
          const { seconds } = await alice.run(['send', 'x']);
          // What the measured ones leave behind is always the same: everything acknowledged, one message on its way.
          await bob.run(['listen', '--once']);
          await bob.run(['send', 'y']);
          return seconds * 1000;
        },
      ],
      [
        `listen ${name}`,
        async () => {
          const { seconds, stdout } = await alice.run(['listen', '--once']);
          if (stdout.trim() !== 'y') throw new Error(`${JSON.stringify(stdout)} was shown for y`);
          return seconds * 1000;
        },
      ],
    ]),
  );
}

/** What the suite adds to libsignal's own work. */
import { fileURLToPath } from 'node:url';
import { aimAt, type Case } from '../case.ts';
import { peerScript } from '../peers/find.ts';
import { run } from '../processes.ts';
import { figure, interleaved, peersIn } from '../statistics.ts';

export const session: Case = {
  name: 'session',
  about:
    'Messages of 1 KiB that suite `signal` seals and opens, ten one way and then ten the other, its state stored after each ten, beside libsignal alone with stores in memory; in one process each, without disk or drop.',
  async run(bench) {
    const { env } = bench.btr([], {});
    const { messages, rounds } = bench.sizes.session;
    const rate = (script: string) => async () =>
      Number((await run({ file: process.execPath, args: [script, String(messages)], env })).stdout);
    const contestants = new Map([
      ['btr', rate(fileURLToPath(new URL('../suite-loop.ts', import.meta.url)))],
      ['libsignal alone', rate(peerScript('signal-loop.ts'))],
    ]);
    const measured = await interleaved(contestants, rounds);
    const row = { name: 'session', unit: 'messages/s', ours: figure(measured, 'btr'), peers: peersIn(measured) };
    return [aimAt(row, 'at least', 0.6)];
  },
};

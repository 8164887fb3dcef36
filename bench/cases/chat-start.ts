/** How long `btr chat` takes until one can type. */
import { join } from 'node:path';
import { draw } from '../../test/tools/pty.ts';
import type { Case } from '../case.ts';
import { fillHome, textOf } from '../filled-home.ts';
import { makeFolderPair } from '../people.ts';
import type { Command } from '../processes.ts';
import { interleaved, type Measure } from '../statistics.ts';

const limit = 600;

export const chatStart: Case = {
  name: 'chat-start',
  about:
    'From the start of `btr chat` on a terminal until it shows the newest message of this many stored and its prompt; beside the least program with Ink, bundled likewise, with a compile cache.',
  async run(bench) {
    const folder = await bench.folder();
    const { alice } = await makeFolderPair(bench, folder);
    const { interfaceHistory } = bench.sizes;
    await fillHome(alice.home, interfaceHistory);
    const chat = alice.command(['chat', 'bob']);
    const ink = { file: process.execPath, args: [bench.peers.inkPrompt], env: cached(chat.env, join(folder, 'cache')) };
    const measured = await interleaved(
      new Map<string, Measure>([
        ['btr', () => timeToDraw(chat, [textOf(interfaceHistory - 1), '> '])],
        ['Ink alone', () => timeToDraw(ink, ['ready'])],
      ]),
      bench.sizes.starts,
    );
    const ours = measured.get('btr') ?? Number.NaN;
    const aim = { text: `under ${limit} ms`, met: ours < limit };
    return [
      { name: 'chat-start', unit: 'ms', ours, peers: { 'Ink alone': measured.get('Ink alone') ?? Number.NaN }, aim },
    ];
  },
};

async function timeToDraw(program: Command, until: readonly string[]): Promise<number> {
  return (await draw(program, { until })).milliseconds;
}

function cached(env: NodeJS.ProcessEnv, folder: string): NodeJS.ProcessEnv {
  return { ...env, NODE_ENV: 'production', NODE_COMPILE_CACHE: folder };
}

/** Two people who know nothing of each other yet, until the first message is read. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import type { Case, Row } from '../case.ts';
import { makeStrangers, pairUp } from '../people.ts';
import { figure, interleaved, type Measure } from '../statistics.ts';

const most = 1500;
const steps = ['invite', 'join', 'send', 'listen'] as const;
type Times = Record<(typeof steps)[number], number>;

export const pair: Case = {
  name: 'pair',
  about:
    'The whole processes of `btr invite`, `btr join`, `btr send x` of the one who joined and `btr listen --once` of the other, which shows it, one after the other over a folder drop, in new homes without a passphrase each time; nobody waits for a person. There is no peer: magic-wormhole pairs over a mailbox server, which does not come with it.',
  async run(bench) {
    const folder = await bench.folder();
    const measured = await interleaved(contestants(bench, folder), bench.sizes.pairings);
    const row = (name: string, step: string): Row => ({ name, unit: 'ms', ours: figure(measured, step), peers: {} });
    const whole = row('pair', 'whole');
    const aim = { text: `at most ${most} ms`, met: whole.ours <= most };
    return [{ ...whole, aim }, ...steps.map((step) => row(`pair (${step})`, step))];
  },
};

/** One pairing a round, and what its steps took. */
function contestants(bench: Bench, folder: string): Map<string, Measure> {
  let number = 0;
  let last: Times | undefined;
  const whole = async () => {
    last = await once(bench, join(folder, `${number++}`));
    return Object.values(last).reduce((sum, time) => sum + time);
  };
  return new Map([['whole', whole], ...steps.map((step): [string, Measure] => [step, async () => last?.[step] ?? 0])]);
}

/** Milliseconds. */
async function once(bench: Bench, folder: string): Promise<Times> {
  await mkdir(folder);
  const people = await makeStrangers(bench, folder);
  const paired = await pairUp(people, `folder:${join(folder, 'drop')}`, folder);
  const sent = await people.bob.run(['send', 'x']);
  const shown = await people.alice.run(['listen', '--once']);
  if (shown.stdout.trim() !== 'x') throw new Error(`${JSON.stringify(shown.stdout)} was shown for x`);
  const ms = (seconds: number) => seconds * 1000;
  return { invite: ms(paired.invite), join: ms(paired.join), send: ms(sent.seconds), listen: ms(shown.seconds) };
}

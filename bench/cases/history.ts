/** Whether a long history makes sending or listening slower. */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { frameKinds } from '../../client/protocol/frames.ts';
import { Home } from '../../client/store/home.ts';
import { aimAt, type Case, ratioOf } from '../case.ts';
import { makeFolderPair, type Pair } from '../people.ts';
import { figure, interleaved, type Measure } from '../statistics.ts';

const empty = 'empty home';
const atOnce = 10_000;
/** Over how long ago the messages are spread, in milliseconds: their bodies' hashes are still kept. */
const span = 10 * 86_400_000;

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
    if (full) await fill(full.alice.home, bench.sizes.history);
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

/** A home in which so many messages were sent and received, half and half. */
async function fill(directory: string, count: number): Promise<void> {
  const home = await Home.open(directory, undefined);
  try {
    const [channel] = home.channels.list();
    if (channel === undefined) throw new Error('a home without a channel');
    const now = Date.now();
    for (let start = 0; start < count; start += atOnce) {
      home.db.transaction(() => {
        for (let number = start; number < Math.min(count, start + atOnce); number++) {
          const sentAt = now - span + Math.floor((number / count) * span);
          addMessage(home, channel.id, number, sentAt);
        }
      });
    }
  } finally {
    home.close();
  }
}

function addMessage({ messages, inbox }: Home, channel: number, number: number, sentAt: number): void {
  const incoming = number % 2 === 0;
  const content = Buffer.from(`message ${number} of a long friendship`);
  const common = { channel, frameId: randomBytes(16), kind: frameKinds.text, sentAt, content };
  const id = messages.add(incoming ? { ...common, receivedAt: sentAt } : common, false);
  if (!incoming) return;
  messages.markShown([id], sentAt);
  inbox.markSeen(channel, randomBytes(32), sentAt);
}

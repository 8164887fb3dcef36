/** What a cloud would put on the bill: requests, counted at the endpoint. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import type { Case, Row } from '../case.ts';
import { startEndpoint, total } from '../endpoints/endpoint.ts';
import { makePair } from '../people.ts';
import { Running } from '../processes.ts';
import { transferLines } from '../transfer.ts';

/** A loop sends, receives and deletes each message: that needs no measuring. */
const naive = { 'SDK loop': 3_000 };

export const calls: Case = {
  name: 'calls',
  about:
    'Requests for 1,000 of the messages above, of both sides; on the embedded cloud, which gives one message of a group a receive, and on a stub that gives ten, as SQS does. And requests in an hour of listening to nothing, scaled up from three minutes.',
  async run(bench) {
    const cloud = await transferLines(bench, 'cloud');
    const stub = await transferLines(bench, 'stub');
    const each = ({ calls: count, lines }: typeof cloud) => (count / lines) * 1000;
    return [
      atMost({ name: 'calls', unit: 'requests/1000', ours: each(cloud), peers: naive }, 15),
      atMost({ name: 'calls (ten a receive)', unit: 'requests/1000', ours: each(stub), peers: naive }, 10),
      atMost({ name: 'calls (idle)', unit: 'requests/h', ours: await idle(bench), peers: {} }, 200),
    ];
  },
};

function atMost(row: Row, limit: number): Row {
  return { ...row, aim: { text: `at most ${limit}`, met: row.ours <= limit } };
}

/** Counted from the moment the listener is up: a message that comes through says so. */
async function idle(bench: Bench): Promise<number> {
  const { idleSeconds } = bench.sizes;
  const folder = await bench.folder();
  const cloud = await startEndpoint('cloud');
  try {
    const { alice, bob } = await makePair(bench, folder, cloud.drops, cloud.env);
    const listener = new Running(bob.command(['listen']));
    await alice.run(['send', 'up?']);
    await listener.line();
    // The acknowledgement goes out a second later; it belongs to the message.
    await alice.run(['send', '--wait', '60', 'up!']);
    const before = total(await cloud.calls());
    await sleep(idleSeconds * 1000);
    const after = total(await cloud.calls());
    await listener.end('interrupt');
    return ((after - before) / idleSeconds) * 3600;
  } finally {
    await cloud.close();
  }
}

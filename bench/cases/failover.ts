/** From the death of a drop to the message that the other side shows, by way of another one. */
import { performance } from 'node:perf_hooks';
import type { Bench } from '../bench.ts';
import type { Case, Row } from '../case.ts';
import { type Endpoint, startEndpoint } from '../endpoints/endpoint.ts';
import { makePair } from '../people.ts';
import { Running } from '../processes.ts';
import { figure, interleaved } from '../statistics.ts';

const most = 2000;

export const failover: Case = {
  name: 'failover',
  about:
    'A channel has two drops, the stub of SQS and the embedded cloud, and policy `first`; `btr send` and `btr listen` run. The first is killed, or stopped so that it takes connections and answers nothing, and a line is typed at that moment: milliseconds until it is shown. The row without a step is the slower of both. There is no peer: none of the programs above has another server to send by.',
  async run(bench) {
    const contestants = new Map([
      ['killed', () => once(bench, 'SIGKILL')],
      ['hanging', () => once(bench, 'SIGSTOP')],
    ]);
    const measured = await interleaved(contestants, bench.sizes.failovers, { warmUp: false });
    const rows = [...measured.keys()].map((how) => row(`failover (${how})`, figure(measured, how)));
    const slower = rows.toSorted((one, other) => other.ours - one.ours).slice(0, 1);
    return [...slower.map((one) => ({ ...one, name: 'failover' })), ...rows];
  },
};

function row(name: string, ours: number): Row {
  return { name, unit: 'ms', ours, peers: {}, aim: { text: `at most ${most} ms`, met: ours <= most } };
}

/** With a new pair and new drops. */
async function once(bench: Bench, how: 'SIGKILL' | 'SIGSTOP'): Promise<number> {
  const folder = await bench.folder();
  // Their queues have other names, so that they are two drops.
  const [first, second] = [await startEndpoint('stub'), await startEndpoint('cloud')];
  try {
    const { alice, bob } = await makePair(bench, folder, at(first), first.env);
    await alice.run(['drop', 'add', at(second).a]);
    await bob.run(['drop', 'add', at(second).b]);
    const listener = new Running(bob.command(['listen']));
    const sender = new Running(alice.command(['send']));
    const shown = async (line: string) => {
      sender.write(line);
      const next = await listener.line();
      if (next !== line) throw new Error(`${next} was shown for ${line}`);
    };
    await shown('before');
    const began = performance.now();
    first.kill(how);
    await shown('after');
    const milliseconds = performance.now() - began;
    first.kill('SIGKILL');
    await sender.end('input');
    await listener.end('interrupt');
    return milliseconds;
  } finally {
    first.kill('SIGKILL');
    await Promise.all([first.close(), second.close()]);
  }
}

/** Neither is at AWS, so each drop says where it is. */
function at({ drops: { a, b }, env }: Endpoint): Endpoint['drops'] {
  const endpoint = `,endpoint=${env.AWS_ENDPOINT_URL}`;
  return { a: a + endpoint, b: b + endpoint };
}

/** How long one `btr send` takes as a whole, beside the smallest programs that send one message. */
import type { Bench } from '../bench.ts';
import { aimAt, type Case, type Row } from '../case.ts';
import { type Endpoint, startEndpoint } from '../endpoints/endpoint.ts';
import { peerScript } from '../peers/find.ts';
import { makePair, makeSignalPair } from '../people.ts';
import { type Command, run } from '../processes.ts';
import { figure, interleaved, type Measure, type Measured } from '../statistics.ts';

const naive = 'bundled SDK program';
const naiveSignal = `${naive} with libsignal`;
const ratcheted = 'btr, signal';
const cli = 'aws CLI';

export const oneshot: Case = {
  name: 'oneshot',
  about:
    'The whole process of `btr send x` from a home without a passphrase, on the embedded cloud; with suite `fernet`, and with `signal` beside a program that also imports libsignal (and encrypts nothing).',
  async run(bench) {
    const cloud = await startEndpoint('cloud');
    try {
      return rowsOf(await interleaved(await contestants(bench, cloud), bench.sizes.starts));
    } finally {
      await cloud.close();
    }
  },
};

async function contestants(bench: Bench, cloud: Endpoint): Promise<Map<string, Measure>> {
  const { drops, env: place, spare } = cloud;
  // Both pairs have the same queues: nobody takes anything out of them while it is measured.
  const plain = await makePair(bench, await bench.folder(), drops, place);
  const paired = await makeSignalPair(bench, await bench.folder(), drops, place);
  const { programs, python, sendOnce, sendOnceSignal } = bench.peers;
  const env = { ...bench.btr([], place).env, NODE_COMPILE_CACHE: undefined };
  const peer = (file: string, args: readonly string[], more: NodeJS.ProcessEnv = {}) =>
    timed({ file, args, env: { ...env, ...more } });
  const message = [spare.queue, 'x'];
  const found = new Map<string, Measure>([
    ['btr', timed(plain.alice.command(['send', 'x']))],
    [naive, peer(process.execPath, [sendOnce, ...message])],
    [cached(naive), peer(process.execPath, [sendOnce, ...message], { NODE_COMPILE_CACHE: await bench.folder() })],
    [ratcheted, timed(paired.alice.command(['send', 'x']))],
    [naiveSignal, peer(process.execPath, [sendOnceSignal, ...message])],
    [
      cached(naiveSignal),
      peer(process.execPath, [sendOnceSignal, ...message], { NODE_COMPILE_CACHE: await bench.folder() }),
    ],
  ]);
  if (programs.has('aws')) found.set(cli, awsCli(cloud, peer));
  else bench.missing.add(cli);
  if (python.boto3) found.set('boto3', peer(python.boto3, [peerScript('boto3_send.py'), ...message]));
  else bench.missing.add('boto3');
  return found;
}

function rowsOf(measured: Measured): Row[] {
  const row = (name: string, own: string, peers: readonly string[]): Row => {
    const values = peers.flatMap((peer): [string, number][] => {
      const value = measured.get(peer);
      return value === undefined ? [] : [[peer, value]];
    });
    return { name, unit: 'ms', ours: figure(measured, own), peers: Object.fromEntries(values) };
  };
  const rows = [
    aimAt(row('oneshot', 'btr', [naive, cached(naive), cli, 'boto3']), 'at most', 1.25),
    aimAt(row('oneshot (signal)', ratcheted, [naiveSignal, cached(naiveSignal)]), 'at most', 1.25),
  ];
  const others = measured.get(cli);
  if (others === undefined) return rows;
  const beside = row(`oneshot (${cli})`, 'btr', [cli]);
  return [...rows, { ...beside, aim: { text: `${cli} at least 2.5 × as long`, met: others / beside.ours >= 2.5 } }];
}

function cached(name: string): string {
  return `${name}, compile cache`;
}

function timed(command: Command): Measure {
  return async () => (await run(command)).seconds * 1000;
}

/** Each message with its own deduplication id, or the queue would drop all but the first. */
function awsCli({ env, spare }: Endpoint, peer: (file: string, args: readonly string[]) => Measure): Measure {
  let number = 0;
  // Older ones don't know the variable.
  const endpoint = ['--endpoint-url', env.AWS_ENDPOINT_URL ?? ''];
  const parameters = [...endpoint, '--queue-url', spare.queue, '--message-body', 'x', '--message-group-id', 'peer'];
  return () => peer('aws', ['sqs', 'send-message', ...parameters, '--message-deduplication-id', `cli-${number++}`])();
}

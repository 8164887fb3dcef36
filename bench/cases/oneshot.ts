/** How long one `btr send` takes as a whole, beside the smallest programs that send one message. */
import { aimAt, type Case } from '../case.ts';
import { type Endpoint, startEndpoint } from '../endpoints/endpoint.ts';
import { peerScript } from '../peers/find.ts';
import { makePair } from '../people.ts';
import { type Command, run } from '../processes.ts';
import { figure, interleaved, type Measure, peersIn } from '../statistics.ts';

const naive = 'bundled SDK program';
const cli = 'aws CLI';

export const oneshot: Case = {
  name: 'oneshot',
  about: 'The whole process of `btr send x` from a home without a passphrase, on the embedded cloud.',
  async run(bench) {
    const cloud = await startEndpoint('cloud');
    try {
      const folder = await bench.folder();
      const { alice } = await makePair(bench, folder, cloud.drops, cloud.env);
      const { programs, python, sendOnce } = bench.peers;
      const env = { ...bench.btr([], cloud.env).env, NODE_COMPILE_CACHE: undefined };
      const peer = (file: string, args: readonly string[], more: NodeJS.ProcessEnv = {}) =>
        timed({ file, args, env: { ...env, ...more } });
      const send = [sendOnce, cloud.spare.queue, 'x'];
      const contestants = new Map<string, Measure>([
        ['btr', timed(alice.command(['send', 'x']))],
        [naive, peer(process.execPath, send)],
        [`${naive}, compile cache`, peer(process.execPath, send, { NODE_COMPILE_CACHE: folder })],
      ]);
      if (programs.has('aws')) contestants.set(cli, awsCli(cloud, peer));
      else bench.missing.add(cli);
      if (python.boto3) {
        contestants.set('boto3', peer(python.boto3, [peerScript('boto3_send.py'), cloud.spare.queue, 'x']));
      } else bench.missing.add('boto3');
      const measured = await interleaved(contestants, bench.sizes.starts);
      const row = { name: 'oneshot', unit: 'ms', ours: figure(measured, 'btr'), peers: peersIn(measured) };
      const rows = [aimAt(row, 'at most', 1.25)];
      const others = measured.get(cli);
      if (others !== undefined) {
        const aim = { text: `${cli} at least 2.5 × as long`, met: others / row.ours >= 2.5 };
        rows.push({ ...row, name: `oneshot (${cli})`, peers: { [cli]: others }, aim });
      }
      return rows;
    } finally {
      await cloud.close();
    }
  },
};

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

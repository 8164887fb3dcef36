/** Many messages as fast as they go, beside a loop that sends, receives and deletes one at a time. */
import { aimAt, type Case } from '../case.ts';
import { startEndpoint } from '../endpoints/endpoint.ts';
import { peerScript } from '../peers/find.ts';
import { run } from '../processes.ts';
import { figure, interleaved } from '../statistics.ts';
import { transferLines } from '../transfer.ts';

const rounds = 3;

export const messages: Case = {
  name: 'messages',
  about:
    "Lines of 200 bytes from stdin to the other side's stdout, on the embedded cloud, durable on both sides, compared byte for byte afterwards; both whole processes are counted. With suite `fernet`, and then with `signal`.",
  async run(bench) {
    const rate = (suite: 'fernet' | 'signal') => async () => {
      const { lines, seconds } = await transferLines(bench, 'cloud', suite);
      return lines / seconds;
    };
    const suites = new Map([
      ['fernet', rate('fernet')],
      ['signal', rate('signal')],
    ]);
    const measured = await interleaved(suites, rounds, { warmUp: false });
    const [fernet, signal] = [figure(measured, 'fernet'), figure(measured, 'signal')];
    const unit = 'messages/s';
    const row = { name: 'messages', unit, ours: fernet, peers: await loops(bench) };
    const ratcheted = { name: 'messages (signal)', unit, ours: signal, peers: { fernet } };
    return [aimAt(row, 'at least', 20), aimAt(ratcheted, 'at least', 0.7)];
  },
};

async function loops(bench: Parameters<Case['run']>[0]): Promise<Record<string, number>> {
  const cloud = await startEndpoint('cloud');
  try {
    const { env } = bench.btr([], cloud.env);
    const rate = (file: string, script: string) => async () => {
      const args = [peerScript(script), cloud.spare.queue, String(bench.sizes.loop)];
      return Number((await run({ file, args, env })).stdout);
    };
    const peers = new Map([['SDK loop', rate(process.execPath, 'sdk-loop.ts')]]);
    const { boto3 } = bench.peers.python;
    if (boto3) peers.set('boto3 loop', rate(boto3, 'boto3_loop.py'));
    else bench.missing.add('boto3');
    return Object.fromEntries(await interleaved(peers, rounds, { warmUp: false }));
  } finally {
    await cloud.close();
  }
}

/** Many messages as fast as they go, beside a loop that sends, receives and deletes one at a time. */
import type { Bench } from '../bench.ts';
import { aimAt, type Case } from '../case.ts';
import { loopRate, messageRate, messageRounds } from '../message-race.ts';
import { figure, interleaved } from '../statistics.ts';

export const messages: Case = {
  name: 'messages',
  about:
    "Lines of 200 bytes from stdin to the other side's stdout, on the embedded cloud, durable on both sides, compared byte for byte afterwards; both whole processes are counted. With suite `fernet`, and then with `signal`.",
  async run(bench) {
    const suites = new Map([
      ['fernet', () => messageRate(bench, 'cloud', 'fernet')],
      ['signal', () => messageRate(bench, 'cloud', 'signal')],
    ]);
    const measured = await interleaved(suites, messageRounds, { warmUp: false });
    const [fernet, signal] = [figure(measured, 'fernet'), figure(measured, 'signal')];
    const unit = 'messages/s';
    const row = { name: 'messages', unit, ours: fernet, peers: await loops(bench) };
    const ratcheted = { name: 'messages (signal)', unit, ours: signal, peers: { fernet } };
    return [aimAt(row, 'at least', 20), aimAt(ratcheted, 'at least', 0.7)];
  },
};

async function loops(bench: Bench): Promise<Record<string, number>> {
  const peers = new Map([['SDK loop', () => loopRate(bench, 'cloud', 'sdk-loop.ts', process.execPath)]]);
  const { boto3 } = bench.peers.python;
  if (boto3) peers.set('boto3 loop', () => loopRate(bench, 'cloud', 'boto3_loop.py', boto3));
  else bench.missing.add('boto3');
  return Object.fromEntries(await interleaved(peers, messageRounds, { warmUp: false }));
}

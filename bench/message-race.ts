/** Messages a second: ours, and those of the loop that anybody would write. */
import type { Bench } from './bench.ts';
import { aimAt, type Row } from './case.ts';
import { type EndpointKind, startEndpoint } from './endpoints/endpoint.ts';
import { peerScript } from './peers/find.ts';
import { run } from './processes.ts';
import { figure, interleaved, peersIn } from './statistics.ts';
import { transferLines } from './transfer.ts';

export const messageRounds = 3;

export async function messageRate(bench: Bench, kind: EndpointKind, suite?: 'fernet' | 'signal'): Promise<number> {
  const { lines, seconds } = await transferLines(bench, kind, suite);
  return lines / seconds;
}

/** Of a program that sends, receives and removes one at a time, on an endpoint of its own. */
export async function loopRate(bench: Bench, kind: EndpointKind, script: string, file: string): Promise<number> {
  const endpoint = await startEndpoint(kind, [await bench.memoryFolder()]);
  try {
    const { env } = bench.btr([], endpoint.env);
    const args = [peerScript(script), endpoint.spare.queue, String(bench.sizes.loop)];
    return Number((await run({ file, args, env })).stdout);
  } finally {
    await endpoint.close();
  }
}

export interface MessageRace {
  /** Of the row. */
  readonly name: string;
  readonly kind: EndpointKind;
  /** What the loop is called, and its file among the peers, for Node. */
  readonly peer: string;
  readonly script: string;
}

/** Suite `fernet`, and the aim: ten times the loop. */
export async function raceMessages(bench: Bench, { name, kind, peer, script }: MessageRace): Promise<Row> {
  const contestants = new Map([
    ['btr', () => messageRate(bench, kind)],
    [peer, () => loopRate(bench, kind, script, process.execPath)],
  ]);
  const measured = await interleaved(contestants, messageRounds, { warmUp: false });
  const row = { name, unit: 'messages/s', ours: figure(measured, 'btr'), peers: peersIn(measured) };
  return aimAt(row, 'at least', 10);
}

/** What a case of the benchmark is, and what it answers. */
import type { Bench } from './bench.ts';

/** One row of the table, and one entry of the JSON. */
export interface Row {
  /** A case's own name for its main row; the name and a detail behind it for further ones. */
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  /** By name; the first is the one that the ratio and the aim are about. */
  readonly peers: Readonly<Record<string, number>>;
  /** What was aimed at, in words, and whether it was reached; absent where nothing was. */
  readonly aim?: Aim;
}

export interface Aim {
  readonly text: string;
  readonly met: boolean;
}

export interface Case {
  readonly name: string;
  /** One sentence for the report: what runs, and what is measured. */
  readonly about: string;
  run(bench: Bench): Promise<readonly Row[]>;
}

/** Ours divided by the first peer's; undefined without a peer. */
export function ratioOf({ ours, peers }: Pick<Row, 'ours' | 'peers'>): number | undefined {
  const [first] = Object.values(peers);
  return first === undefined || first === 0 ? undefined : ours / first;
}

/** An aim for the ratio to the first peer. Not reached where that peer is missing. */
export function aimAt(row: Row, compare: 'at most' | 'at least', limit: number): Row {
  const ratio = ratioOf(row);
  const met = ratio !== undefined && (compare === 'at most' ? ratio <= limit : ratio >= limit);
  const [peer] = Object.keys(row.peers);
  return { ...row, aim: { text: `${compare} ${limit} × ${peer ?? 'the peer'}`, met } };
}

/** The results as a table for people, as JSON for programs, and as a page of the documentation. */
import { cpus, platform, release, totalmem } from 'node:os';
import { type Case, type Row, ratioOf } from './case.ts';

export interface Results {
  readonly rows: readonly Row[];
  readonly missing: readonly string[];
}

export interface JsonResults {
  readonly cases: readonly {
    readonly name: string;
    readonly unit: string;
    readonly ours: number;
    readonly peers: Readonly<Record<string, number>>;
    /** Ours divided by the first peer's; null without a peer. */
    readonly ratio: number | null;
  }[];
}

export function toJson({ rows }: Results): JsonResults {
  return {
    cases: rows.map((row) => {
      const { name, unit, ours, peers } = row;
      const rounded = Object.fromEntries(Object.entries(peers).map(([peer, value]) => [peer, round(value)]));
      const ratio = ratioOf(row);
      return { name, unit, ours: round(ours), peers: rounded, ratio: ratio === undefined ? null : round(ratio) };
    }),
  };
}

const head = ['case', 'btr', 'peer', "peer's", 'btr / peer', 'aim', ''] as const;

/** One line for each row and peer. */
export function tableOf(rows: readonly Row[]): string[][] {
  return rows.flatMap((row) => {
    const { name, unit, ours, peers, aim } = row;
    const list: [string, number | undefined][] = Object.entries(peers);
    if (list.length === 0) list.push(['', undefined]);
    return list.map(([peer, value], index) => {
      const ratio = value ? (ours / value).toFixed(ours < value / 10 ? 3 : 2) : '';
      const right = aim && index === 0 ? [aim.text, aim.met ? 'yes' : 'NO'] : ['', ''];
      const left = index === 0 ? [name, `${short(ours)} ${unit}`] : ['', ''];
      return [...left, peer, value === undefined ? '' : short(value), ratio, ...right];
    });
  });
}

export function toText({ rows, missing }: Results): string {
  const lines = [[...head], ...tableOf(rows)];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const text = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${text.join('\n')}\n${missingLine(missing)}`;
}

export function toMarkdown(results: Results, cases: readonly Case[], date: Date): string {
  const { rows, missing } = results;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table = [line(head), line(head.map(() => '---')), ...tableOf(rows).map(line)];
  const about = cases.map(({ name, about: text }) => `- **${name}**: ${text}`);
  return `# Benchmark

As \`npm run bench\` measured it on ${date.toISOString().slice(0, 10)}: ${machine()}. What is run several
times is run in turn with its peers, and its figure is the median; a ratio is btr's figure divided by the peer's. What is not on the machine is named as missing.

![Ratios to the peers](bench.svg)

${table.join('\n')}

${missingLine(missing) || 'No peer was missing.\n'}
${about.join('\n')}
`;
}

function machine(): string {
  const list = cpus();
  const memory = Math.round(totalmem() / 1024 ** 3);
  return `${list.length} × ${list[0]?.model.trim() ?? 'CPU'}, ${memory} GiB, ${platform()} ${release()}, Node ${process.versions.node}`;
}

function missingLine(missing: readonly string[]): string {
  return missing.length === 0 ? '' : `Missing here, and not counted: ${missing.join(', ')}.\n`;
}

/** Three digits that count. */
export function short(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toFixed(digits);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

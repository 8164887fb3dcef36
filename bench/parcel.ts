/** A file from one person to the other, each step a whole process. */
import type { Bench } from './bench.ts';
import { aimAt, type Row } from './case.ts';
import { eventIn, type Pair } from './people.ts';
import type { Command } from './processes.ts';
import { figure, type Measured } from './statistics.ts';

/** A file's way through one place: each step a whole process, in seconds. */
export interface FileSteps {
  /** Puts the file there; only once. */
  put(): Promise<number>;
  /** Gets it from there into a new file, as often as asked. */
  get(path: string): Promise<number>;
}

/** `btr send --file` and `btr get`. @param flags for Node. */
export function btrSteps(bench: Bench, { alice, bob }: Pair, file: string, flags: readonly string[] = []): FileSteps {
  const time = async (command: Command) => (await bench.runWarm(command)).seconds;
  let id = '';
  return {
    put: async () => {
      const seconds = await time(alice.command(['send', '--quiet', '--file', file], flags));
      id = idOf((await bob.run(['listen', '--once', '--json'])).stdout);
      return seconds;
    },
    get: (path) => time(bob.command(['get', '--quiet', id, '--out', path], flags)),
  };
}

function idOf(events: string): string {
  const { id } = eventIn(events, 'file');
  if (typeof id !== 'string') throw new Error('no file came');
  return id;
}

/** MiB/s. */
export function rate(bytes: number, seconds: number): number {
  return bytes / 1024 / 1024 / seconds;
}

/** A row for putting, one for getting, and before them the one of both that is farther from its aim. */
export function parcelRows(name: string, put: Measured, get: Measured, limit: number): Row[] {
  const rows = [rowOf(`${name} (put)`, put, limit), rowOf(`${name} (get)`, get, limit)];
  const worse = rows.toSorted((one, other) => againstFirst(one) - againstFirst(other)).slice(0, 1);
  return [...worse.map((row) => ({ ...row, name })), ...rows];
}

function rowOf(name: string, measured: Measured, limit: number): Row {
  const { btr: _, ...peers } = Object.fromEntries(measured);
  return aimAt({ name, unit: 'MiB/s', ours: figure(measured, 'btr'), peers }, 'at least', limit);
}

function againstFirst({ ours, peers }: Row): number {
  return ours / (Object.values(peers)[0] ?? 1);
}

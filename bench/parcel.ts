/** A file from one person to the other, each step a whole process. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { aimAt, type Row } from './case.ts';
import { eventIn, type Pair } from './people.ts';
import { figure, type Measured } from './statistics.ts';

export interface ParcelTimes {
  readonly put: number;
  readonly get: number;
  /** Where it was saved. */
  readonly path: string;
}

/** Seconds of `btr send --file` and of `btr get`. @param flags for Node. */
export async function passFile(
  bench: Bench,
  { alice, bob }: Pair,
  file: string,
  folder: string,
  flags: readonly string[] = [],
): Promise<ParcelTimes> {
  const out = join(folder, 'received');
  await mkdir(out, { recursive: true });
  const put = await bench.runWarm(alice.command(['send', '--quiet', '--file', file], flags));
  const { stdout } = await bob.run(['listen', '--once', '--json']);
  const { id } = eventIn(stdout, 'file');
  if (typeof id !== 'string') throw new Error('no file came');
  const get = await bench.runWarm(bob.command(['get', '--quiet', id, '--out', `${out}/`], flags));
  return { put: put.seconds, get: get.seconds, path: get.stdout.trim() };
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

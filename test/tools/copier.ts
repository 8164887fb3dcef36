/**
 * A process that keeps two folders alike, as tools that synchronise do, at their worst: `node copier.ts ONE TWO SEED`.
 * Files arrive late, in any order, in several writes, some under a temporary name and some under their own; removals
 * travel; conflict copies are left behind. Runs until it is ended.
 */
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Chance } from '../../client/drops/memory/random.ts';
import { errorCode } from '../../client/errors.ts';

const [one = '', two = '', seed = '0'] = process.argv.slice(2);
const chance = new Chance(Number(seed), 'copier');
/** Files that were in both folders after some round. */
const common = new Set<string>();
/** Each machine's clock is wrong, and copies keep the times of the files. */
const HOURS_OFF = 5 * 3_600;
/** Of tools and their leavings. */
const foreign = /\.tmp$|sync-conflict/;

for (;;) {
  const [inOne, inTwo] = [await filesIn(one), await filesIn(two)];
  for (const path of shuffled([...new Set([...inOne, ...inTwo])])) {
    if (chance.hits(0.3)) continue;
    await ignoringMissing(() => keepAlike(path, inOne.has(path), inTwo.has(path)));
  }
  await sleep(5);
}

async function keepAlike(path: string, isInOne: boolean, isInTwo: boolean): Promise<void> {
  if (isInOne && isInTwo) {
    common.add(path);
    return;
  }
  const [from, to] = isInOne ? [one, two] : [two, one];
  if (!common.has(path)) {
    await copy(join(from, path), join(to, path));
    common.add(path);
    return;
  }
  await rm(join(from, path));
  common.delete(path);
}

async function copy(from: string, to: string): Promise<void> {
  const bytes = await readFile(from);
  const { mtimeMs } = await stat(from);
  await mkdir(dirname(to), { recursive: true });
  const isByHand = chance.hits(0.4);
  const target = isByHand ? to : join(dirname(to), `.syncthing.${basename(to)}.tmp`);
  const handle = await open(target, 'w');
  try {
    await writeInPieces(handle, bytes);
    const time = mtimeMs / 1000 - HOURS_OFF;
    await utimes(target, time, time);
  } finally {
    await handle.close();
  }
  if (!isByHand) await rename(target, to);
  if (chance.hits(0.2)) await writeFile(conflictCopyOf(to), bytes);
}

async function writeInPieces(handle: FileHandle, bytes: Buffer): Promise<void> {
  const pieces = 1 + chance.below(3);
  for (let piece = 0; piece < pieces; piece += 1) {
    const [start, end] = [piece, piece + 1].map((at) => Math.floor((bytes.length * at) / pieces));
    await handle.write(bytes.subarray(start, end));
    await sleep(chance.below(5));
  }
}

function conflictCopyOf(path: string): string {
  const [, stem = '', ending = ''] = /^(.*?)(\.[^./]*)?$/.exec(path) ?? [];
  return `${stem}.sync-conflict-20261104-101530-ABCDEFG${ending}`;
}

async function filesIn(folder: string): Promise<Set<string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !foreign.test(entry.name));
  return new Set(files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)));
}

function shuffled<T>(items: T[]): T[] {
  return items
    .map((item) => ({ item, at: chance.next() }))
    .sort((first, second) => first.at - second.at)
    .map(({ item }) => item);
}

/** What is gone by the time it is copied was taken by btr. */
async function ignoringMissing(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

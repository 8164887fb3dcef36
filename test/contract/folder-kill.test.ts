/** Real processes get a SIGKILL in the middle of leaving and collecting: nothing is lost or half written. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { folderDropId, openFolderDrop } from '../../client/drops/folder/folder-drop.ts';
import { Chance } from '../../client/drops/memory/random.ts';
import { numberedBody, parseNumberedBody } from './numbered.ts';
import { collectNow, leaveAll } from './tools.ts';

const seed = Number(process.env.BTR_SEED ?? randomInt(1_000_000));
const rounds = Number(process.env.BTR_KILLS ?? 6);
const worker = new URL('./folder-worker.ts', import.meta.url).pathname;

/** Runs a worker, kills it once it has said this many lines, and resolves to all that it said. */
async function runAndKill(task: 'leave' | 'collect', path: string, name: string, lines: number): Promise<string[]> {
  const child = spawn(process.execPath, [worker, task, path, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const exited = once(child, 'exit');
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      said.push(line);
      if (said.length === lines) child.kill('SIGKILL');
    }
    const [, signal] = await exited;
    assert.equal(signal, 'SIGKILL', 'the worker ended by itself');
    return said;
  } finally {
    stop(child);
  }
}

function stop(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
}

async function withFolder(run: (path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'btr-kill-'));
  try {
    await folderDropId(path);
    await run(path);
  } finally {
    await rm(path, { recursive: true });
  }
}

function lastNumber(lines: readonly string[], word: string): number {
  const said = lines.filter((line) => line.startsWith(`${word} `));
  return Number(said.at(-1)?.slice(word.length + 1) ?? -1);
}

test(`folder: senders that are killed leave whole letters, in order, and all that they said (seed ${seed})`, {
  timeout: 120_000 + rounds * 5_000,
}, async () => {
  const chance = new Chance(seed, 'senders');
  await withFolder(async (path) => {
    const accepted = new Map<string, number>();
    for (let round = 0; round < rounds; round += 2) {
      const pair = [`s${round}`, `s${round + 1}`];
      const said = await Promise.all(pair.map((name) => runAndKill('leave', path, name, 1 + chance.below(12))));
      for (const [index, name] of pair.entries()) accepted.set(name, lastNumber(said[index] ?? [], 'left'));
    }
    await using drop = disposable(path);
    const next = new Map<string, number>();
    for (const body of await collectNow(drop.drop)) {
      const { sender, number } = parseNumberedBody(body);
      assert.equal(number, next.get(sender) ?? 0, `a letter of ${sender} is missing or out of order`);
      next.set(sender, number + 1);
    }
    for (const [name, last] of accepted) {
      assert.ok((next.get(name) ?? 0) > last, `${name} said that it left ${last}, but it is not there`);
    }
    assert.deepEqual(await readdir(join(path, 'a-to-b', 'new')), []);
  });
});

test(`folder: collectors that are killed lose nothing, and what was done does not come back (seed ${seed})`, {
  timeout: 120_000 + rounds * 5_000,
}, async () => {
  const chance = new Chance(seed, 'collectors');
  await withFolder(async (path) => {
    const count = rounds * 20;
    const sender = openFolderDrop({ path, role: 'a' });
    const letters = Array.from({ length: count }, (_, number) => numberedBody('s', number, 100));
    await leaveAll(sender, 'a', letters);
    await sender.close();
    const got = new Set<number>();
    const done = new Set<number>();
    for (let round = 0; round < rounds; round += 1) {
      for (const line of await runAndKill('collect', path, 'c', 1 + chance.below(20))) {
        const [word, number] = line.split(' ');
        assert.ok(!done.has(Number(number)), `${number} came back although it was done`);
        (word === 'got' ? got : done).add(Number(number));
      }
    }
    await using drop = disposable(path);
    for (const body of await collectNow(drop.drop)) {
      const { number } = parseNumberedBody(body);
      assert.ok(!done.has(number), `${number} came back although it was done`);
      got.add(number);
    }
    assert.deepEqual(
      [...got].sort((one, other) => one - other),
      Array.from({ length: count }, (_, number) => number),
    );
    assert.deepEqual(await readdir(join(path, 'a-to-b', 'cur')), []);
    assert.deepEqual(await readdir(join(path, 'a-to-b', 'leases')), []);
  });
});

function disposable(path: string) {
  const drop = openFolderDrop({ path, role: 'b' });
  return { drop, [Symbol.asyncDispose]: () => drop.close() };
}

/**
 * Real processes get a SIGKILL in the middle of leaving and collecting: nothing is lost or half written. For drops that
 * have the folder's layout, in a folder that this machine can look into.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { Chance } from '../../client/drops/memory/random.ts';
import { type DropAddress, openDrop } from '../../client/drops/registry.ts';
import type { Role } from '../../client/protocol/roles.ts';
import { seed } from '../tools/seed.ts';
import { numberedBody, parseNumberedBody } from './numbered.ts';
import { collectNow, leaveAll } from './tools.ts';

const rounds = Number(process.env.BTR_KILLS ?? 6);
/** How many lines a worker may be ahead when it is killed. */
const ahead = 6;
const worker = new URL('./maildir-worker.ts', import.meta.url).pathname;

export interface KillPlace {
  readonly address: DropAddress;
  /** Where the drop's folder lies on this machine. */
  readonly path: string;
  close(): Promise<void>;
}

/** Runs a worker, kills it once it has said this many lines, and resolves to all that it said. */
async function runAndKill(
  task: 'leave' | 'collect',
  address: DropAddress,
  name: string,
  lines: number,
): Promise<string[]> {
  const child = spawn(process.execPath, [worker, task, JSON.stringify(address), name, String(lines + ahead)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
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

async function open({ address }: KillPlace, role: Role) {
  const drop = await openDrop(address, { role, style: 'btr' });
  return { drop, [Symbol.asyncDispose]: () => drop.close() };
}

function lastNumber(lines: readonly string[], word: string): number {
  const said = lines.filter((line) => line.startsWith(`${word} `));
  return Number(said.at(-1)?.slice(word.length + 1) ?? -1);
}

/** `makePlace` is called once for each test. */
export function killContract(kind: string, makePlace: () => Promise<KillPlace>): void {
  const contract = (name: string, run: (place: KillPlace) => Promise<void>) =>
    test(`${kind}: ${name} (seed ${seed})`, { timeout: 120_000 + rounds * 5_000 }, async () => {
      const place = await makePlace();
      try {
        await run(place);
      } finally {
        await place.close();
      }
    });

  contract('senders that are killed leave whole letters, in order, and all that they said', async (place) => {
    const chance = new Chance(seed, 'senders');
    const { address, path } = place;
    const accepted = new Map<string, number>();
    for (let round = 0; round < rounds; round += 2) {
      const pair = [`s${round}`, `s${round + 1}`];
      const said = await Promise.all(pair.map((name) => runAndKill('leave', address, name, 1 + chance.below(12))));
      for (const [index, name] of pair.entries()) accepted.set(name, lastNumber(said[index] ?? [], 'left'));
    }
    await using receiver = await open(place, 'b');
    const next = new Map<string, number>();
    for (const body of await collectNow(receiver.drop)) {
      const { sender, number } = parseNumberedBody(body);
      assert.equal(number, next.get(sender) ?? 0, `a letter of ${sender} is missing or out of order`);
      next.set(sender, number + 1);
    }
    for (const [name, last] of accepted) {
      assert.ok((next.get(name) ?? 0) > last, `${name} said that it left ${last}, but it is not there`);
    }
    assert.deepEqual(await readdir(join(path, 'a-to-b', 'new')), []);
  });

  contract('collectors that are killed lose nothing, and what was done does not come back', async (place) => {
    const chance = new Chance(seed, 'collectors');
    const { address, path } = place;
    const count = rounds * 20;
    {
      await using sender = await open(place, 'a');
      const letters = Array.from({ length: count }, (_, number) => numberedBody('s', number, 100));
      await leaveAll(sender.drop, 'a', letters);
    }
    const got = new Set<number>();
    const done = new Set<number>();
    for (let round = 0; round < rounds; round += 1) {
      for (const line of await runAndKill('collect', address, 'c', 1 + chance.below(20))) {
        const [word, number] = line.split(' ');
        assert.ok(!done.has(Number(number)), `${number} came back although it was done`);
        (word === 'got' ? got : done).add(Number(number));
      }
    }
    await using receiver = await open(place, 'b');
    for (const body of await collectNow(receiver.drop)) {
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
}

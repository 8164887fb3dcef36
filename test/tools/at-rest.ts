/** What the tests of locking share: processes that may have ended, and the agent of an unlocked home. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from '../../client/errors.ts';
import type { Ended } from './btr.ts';
import { Person, type Stage } from './stage.ts';

export const passphrase = 'a-passphrase-for-tests';
export const given = { BTR_PASSPHRASE: passphrase };

/** How long to wait for a process to end, in milliseconds, and how often to look. */
const patience = 30_000;
const glance = 20;

export interface Agent {
  readonly pid: number;
  readonly address: string;
}

/** The agent that a home names. */
export async function agentOf(home: string): Promise<Agent> {
  const [, pid, address] = /^(\d+) (.+)\n$/.exec(await readFile(join(home, 'agent'), 'utf8')) ?? [];
  if (address === undefined) throw new Error('the home names no agent');
  return { pid: Number(pid), address };
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false;
    throw error;
  }
}

/** Waits until a process that is not a child of this one has ended. */
export async function ended(pid: number): Promise<void> {
  for (const end = performance.now() + patience; isAlive(pid); await sleep(glance)) {
    if (performance.now() > end) throw new Error(`process ${pid} does not end`);
  }
}

/** Waits until a folder holds no such name. */
export async function without(folder: string, pattern: RegExp): Promise<void> {
  for (const end = performance.now() + patience; ; await sleep(glance)) {
    const names = (await readdir(folder)).filter((name) => pattern.test(name));
    if (names.length === 0) return;
    if (performance.now() > end) throw new Error(`${names} stays in ${folder}`);
  }
}

/** All processes that hold the key of this home or once did, found or not. Linux only. */
export async function agentsFor(home: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(goneAlready)));
  return pids
    .filter((_, index) => lines[index]?.split('\0').includes('agent') && lines[index].includes(home))
    .map(Number);
}

function goneAlready(error: unknown): string {
  if (['ENOENT', 'ESRCH'].includes(errorCode(error) ?? '')) return '';
  throw error;
}

/** A person whose home has a passphrase. Whatever a test leaves unlocked is locked at its end. */
export class Locked extends Person implements AsyncDisposable {
  static async make(stage: Stage, name: string, env: NodeJS.ProcessEnv = {}): Promise<Locked> {
    const person = new Locked(stage, name, env);
    assert.equal((await person.run(['init'], { env: given })).code, 0);
    return person;
  }

  /** Runs a command that must end so. */
  async expect(args: readonly string[], code: number, pattern: RegExp, env?: NodeJS.ProcessEnv): Promise<Ended> {
    const result = await this.run(args, env ? { env } : {});
    assert.equal(result.code, code, `${args.join(' ')}: ${result.stderr}`);
    assert.match(result.stderr, pattern);
    return result;
  }

  async unlock(...args: string[]) {
    await this.expect(['unlock', ...args], 0, /^Unlocked until \d\d:\d\d\./, given);
    return agentOf(this.home);
  }

  isOpen(): Promise<Ended> {
    return this.expect(['channel', 'list'], 0, /^No channel yet/);
  }

  isLocked(): Promise<Ended> {
    return this.expect(['channel', 'list'], 3, /^btr: No passphrase was given/);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run(['lock']);
  }
}

/** What the cases share: a fresh build, folders to work in, the peers of this machine, and a place to tell progress. */
import { access, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeZeros } from './files.ts';
import { findPeers, type Peers } from './peers/find.ts';
import { type Command, type Ended, endAll, run } from './processes.ts';
import type { Sizes } from './sizes.ts';

/** The project's folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));
const sharedMemory = '/dev/shm';

export interface BenchOptions {
  readonly sizes: Sizes;
  /** Hears what is going on, for whoever waits. */
  readonly say: (text: string) => void;
}

export class Bench {
  readonly sizes: Sizes;
  readonly say: (text: string) => void;
  readonly peers: Peers;
  /** Names of peers that a case would have measured, had they been there. */
  readonly missing = new Set<string>();
  /** Of the build that is measured. */
  readonly #dist: string;
  readonly #folder: string;
  readonly #memory: string;
  readonly #results = new Map<string, Promise<unknown>>();

  private constructor(options: BenchOptions, peers: Peers, folders: { folder: string; memory: string; dist: string }) {
    this.sizes = options.sizes;
    this.say = options.say;
    this.peers = peers;
    this.#folder = folders.folder;
    this.#memory = folders.memory;
    this.#dist = folders.dist;
  }

  /** Builds the program and looks for peers. The caller closes it. */
  static async open(options: BenchOptions): Promise<Bench> {
    const folder = await mkdtemp(join(tmpdir(), 'btr-bench-'));
    const memory = await mkdtemp(join((await exists(sharedMemory)) ? sharedMemory : tmpdir(), 'btr-bench-'));
    options.say('building');
    const dist = join(folder, 'dist');
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    // Native code is not in the bundle.
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    await run({ file: process.execPath, args: ['build.ts', dist], env: process.env, cwd: root });
    const env = cleanEnvironment();
    return new Bench(options, await findPeers(folder, env), { folder, memory, dist });
  }

  /** A new folder on the disk, which is where homes lie: what is durable there costs what it costs. */
  folder(): Promise<string> {
    return mkdtemp(join(this.#folder, 'case-'));
  }

  /** A new folder in memory (tmpfs) where the machine has that: large files, without the speed of the disk. */
  async memoryFolder(): Promise<string> {
    await mkdir(this.#memory, { recursive: true });
    return mkdtemp(join(this.#memory, 'case-'));
  }

  /** The program, as whoever installed it runs it. @param flags for Node. */
  btr(args: readonly string[], env: NodeJS.ProcessEnv, flags: readonly string[] = []): Command {
    return {
      file: process.execPath,
      args: [...flags, join(this.#dist, 'btr.js'), ...args],
      env: { ...cleanEnvironment(), NODE_COMPILE_CACHE: join(this.#folder, 'compile-cache'), ...env },
    };
  }

  /** Runs one step of a parcel's way, in memory as warm as everybody else's. */
  async runWarm(command: Command): Promise<Ended> {
    await this.warmMemory();
    return run(command);
  }

  /**
   * A virtual machine gives memory back that lies idle for two seconds (Linux: free page reporting), and waits for it
   * when it is used again, for longer than a program needs to fill it: whoever came right after another would win. So
   * memory is touched right before a step, several times what it may need: of half as much, the kernel hands out a part
   * that is cold.
   */
  async warmMemory(): Promise<void> {
    const folder = await this.memoryFolder();
    await makeZeros(join(folder, 'zeros'), 4 * this.sizes.parcelBytes);
    await rm(folder, { recursive: true });
  }

  /** Does a piece of work that several cases look at once. */
  once<T>(name: string, work: () => Promise<T>): Promise<T> {
    const known = this.#results.get(name);
    // A name stands for one kind of result only.
    if (known) return known as Promise<T>;
    const result = work();
    this.#results.set(name, result);
    return result;
  }

  async close(): Promise<void> {
    endAll();
    await rm(this.#folder, { recursive: true, force: true });
    await rm(this.#memory, { recursive: true, force: true });
  }
}

/** Without anything that would change what is measured, or reach a real account. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(AWS_|AZURE_|BTR_|NODE_|RCLONE_|SSH_|CI$|CI_|CONTINUOUS_INTEGRATION$)|_PROXY$/i.test(name),
  );
  return Object.fromEntries(entries);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

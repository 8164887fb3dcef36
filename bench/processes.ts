/** Real processes: run to their end and timed, or kept running and talked to. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** File descriptors to read from and to write to; by default nothing, and what it prints is answered. */
  readonly stdin?: number;
  readonly stdout?: number;
}

export interface Ended {
  readonly stdout: string;
  /** From before it was started until after it had ended. */
  readonly seconds: number;
}

/** Runs a process to its end. @throws Error with what it said, where it did not end with 0. */
export async function run(command: Command): Promise<Ended> {
  const began = performance.now();
  const child = start(command, [command.stdin ?? 'ignore', command.stdout ?? 'pipe', 'pipe']);
  // All at once: a program that is not there fails before its output has ended.
  const [[code, signal], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    read(child.stdout),
    read(child.stderr),
  ]);
  const seconds = (performance.now() - began) / 1000;
  if (code !== 0) throw new Error(`${said(command)} ended with ${code ?? signal}: ${stderr.trim()}`);
  return { stdout, seconds };
}

/** A process that goes on, line by line. */
export class Running {
  readonly #child: ChildProcess;
  readonly #stdin: Writable;
  readonly #ended: Promise<unknown>;
  readonly #lines: string[] = [];
  readonly #waiting: ((line: string) => void)[] = [];
  #stderr = '';

  constructor(command: Command) {
    this.#child = start(command, ['pipe', 'pipe', 'pipe']);
    const { stdin, stdout, stderr } = this.#child;
    if (stdin === null || stdout === null || stderr === null) throw new Error('a process without its pipes');
    this.#stdin = stdin;
    this.#ended = once(this.#child, 'close');
    stdin.on('error', () => {});
    stderr.on('data', (piece) => {
      this.#stderr += String(piece);
    });
    createInterface({ input: stdout }).on('line', (line) => {
      const next = this.#waiting.shift();
      if (next) next(line);
      else this.#lines.push(line);
    });
  }

  write(line: string): void {
    this.#stdin.write(`${line}\n`);
  }

  /** The next line it prints. @throws Error where it ends first. */
  line(): Promise<string> {
    const known = this.#lines.shift();
    if (known !== undefined) return Promise.resolve(known);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#waiting.push(resolve);
    void this.#ended.then(() => reject(new Error(`A process ended too early: ${this.#stderr.trim()}`)));
    return promise;
  }

  /** Ends its input, or interrupts it, and waits for its end. */
  async end(how: 'input' | 'interrupt'): Promise<void> {
    if (how === 'input') this.#stdin.end();
    else this.#child.kill('SIGINT');
    await this.#ended;
  }
}

/** Everything that was started and has not ended. */
const alive = new Set<ChildProcess>();

/** Ends what a failure left running. */
export function endAll(): void {
  for (const child of alive) child.kill('SIGKILL');
}

/** Starts one that is ended with the rest. */
function start({ file, args, env, cwd }: Command, stdio: NonNullable<SpawnOptions['stdio']>): ChildProcess {
  const child = spawn(file, args, { env, stdio, ...(cwd === undefined ? {} : { cwd }) });
  alive.add(child);
  child.once('close', () => alive.delete(child));
  return child;
}

async function read(stream: Readable | null): Promise<string> {
  return stream === null ? '' : text(stream);
}

function said({ file, args }: Command): string {
  return [file, ...args].join(' ');
}

/** Real btr processes: run to the end, or held while a test talks with them. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { builtProgram } from './built.ts';
import { assertEvent } from './events-schema.ts';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The lines of stdout, without the empty one at the end. */
  readonly lines: readonly string[];
}

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** All of stdin. Absent: stdin is at its end. `'open'`: it stays open. */
  readonly input?: string | Uint8Array | 'open';
  /** Called with the milliseconds that pass before the test gives up and kills the process; default 60 s. */
  readonly patience?: number;
}

export type JsonEvent = Readonly<Record<string, unknown>>;

/** A process of btr that a test can watch, talk to and end. */
export class Live {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';
  #changed = Promise.withResolvers<void>();

  constructor(args: readonly string[], { env, cwd, input, patience = 60_000 }: RunOptions) {
    this.child = spawn(process.execPath, [builtProgram(), ...args], { env, cwd });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => this.#add('stdout', text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => this.#add('stderr', text));
    // A process may end before it has read its input.
    this.child.stdin.on('error', () => {});
    if (input === undefined) this.child.stdin.end();
    else if (input !== 'open') this.child.stdin.end(input);
    this.ended = this.#end(args, patience);
    // Those who never ask must not be ended by it.
    this.ended.catch(() => {});
  }

  /** The NDJSON of stdout so far. */
  get events(): JsonEvent[] {
    return eventsOf(this.stdout);
  }

  /** Waits until this holds for what was written so far. */
  async until(holds: (live: Live) => boolean, what: string): Promise<void> {
    let over = false;
    const end = this.ended.then(() => {
      over = true;
    });
    while (!holds(this)) {
      if (over) throw new Error(`btr ended before ${what}: ${this.stdout}\n${this.stderr}`);
      await Promise.race([this.#changed.promise, end]);
    }
  }

  untilText(pattern: RegExp): Promise<void> {
    return this.until(({ stdout, stderr }) => pattern.test(stdout) || pattern.test(stderr), `it wrote ${pattern}`);
  }

  kill(signal: NodeJS.Signals): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended.catch(() => {});
  }

  #add(where: 'stdout' | 'stderr', text: string): void {
    this[where] += text;
    const changed = this.#changed;
    this.#changed = Promise.withResolvers();
    changed.resolve();
  }

  async #end(args: readonly string[], patience: number): Promise<Ended> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.child.kill('SIGKILL');
    }, patience);
    const [code, signal]: (number | NodeJS.Signals | null)[] = await once(this.child, 'close');
    clearTimeout(timer);
    if (late) throw new Error(`btr ${args.join(' ')} did not end in ${patience} ms:\n${this.stdout}\n${this.stderr}`);
    const { stdout, stderr } = this;
    return {
      code: typeof code === 'number' ? code : null,
      signal: typeof signal === 'string' ? signal : null,
      stdout,
      stderr,
      lines: stdout.split('\n').slice(0, -1),
    };
  }
}

/** Complete lines of NDJSON, each an event as docs/events.schema.json has it. */
export function eventsOf(text: string): JsonEvent[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const event: JsonEvent = JSON.parse(line);
      assertEvent(event);
      return event;
    });
}

/** The texts of message events. */
export function textsOf(events: readonly JsonEvent[]): unknown[] {
  return events.filter(({ event }) => event === 'message').map(({ text }) => text);
}

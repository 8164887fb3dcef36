/** A person's `btr daemon`, and connections with it as any client has them. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Live } from '../tools/btr.ts';
import type { Person } from '../tools/stage.ts';

/** How long to wait for a line, in milliseconds. */
const patience = 60_000;

export type Json = Readonly<Record<string, unknown>>;

/** Resolves once others can find it. */
export async function startDaemon(person: Person, args: readonly string[] = [], env = {}): Promise<Live> {
  const live = person.start(['daemon', ...args], { env, patience: 120_000 });
  await live.untilText(/^Listening;/m);
  return live;
}

export async function addressOf({ home }: Person): Promise<string> {
  const [, address] = /^\d+ (.+)\n$/.exec(await readFile(join(home, 'daemon'), 'utf8')) ?? [];
  if (address === undefined) throw new Error('the home names no daemon');
  return address;
}

/** What `btr rpc` answers. */
export async function rpc(person: Person, method: string, params: unknown = {}): Promise<Json> {
  const { code, stdout, stderr } = await person.run(['rpc', method, '-'], { input: JSON.stringify(params) });
  if (code !== 0) throw new Error(`btr rpc ${method} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

/** A connection that writes lines as they are, and keeps those that came. */
export class Wire implements Disposable {
  readonly lines: Json[] = [];
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #rest = '';
  #changed = Promise.withResolvers<void>();

  private constructor(address: string) {
    this.socket = createConnection({ path: address, allowHalfOpen: true });
    this.socket.setEncoding('utf8').on('data', (text: string) => this.#add(text));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.socket.on('error', () => {}).on('close', () => resolve());
    this.socket.on('end', () => this.socket.end());
    this.closed = promise;
  }

  static async to(person: Person): Promise<Wire> {
    return Wire.at(await addressOf(person));
  }

  static at(address: string): Wire {
    return new Wire(address);
  }

  write(...values: readonly unknown[]): void {
    for (const value of values) this.socket.write(`${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
  }

  /** Waits for a line of which this holds. */
  async until(holds: (line: Json) => boolean): Promise<Json> {
    const signal = AbortSignal.timeout(patience);
    const late = once(signal, 'abort').then(() =>
      Promise.reject(new Error(`only came: ${JSON.stringify(this.lines)}`)),
    );
    late.catch(() => {});
    for (;;) {
      const found = this.lines.find(holds);
      if (found) return found;
      await Promise.race([this.#changed.promise, late]);
    }
  }

  /** The parameters of events so far. */
  get events(): Json[] {
    return this.lines.flatMap(({ params }) => (typeof params === 'object' && params !== null ? [{ ...params }] : []));
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #add(text: string): void {
    const lines = `${this.#rest}${text}`.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.lines.push(JSON.parse(line));
    const changed = this.#changed;
    this.#changed = Promise.withResolvers();
    changed.resolve();
  }
}

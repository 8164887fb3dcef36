/** Answers JSON-RPC 2.0 on a local socket. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { SetupError, UsageError } from '../errors.ts';
import { Params } from './params.ts';
import { lines, mostLineBytes, toRpcError } from './wire.ts';

/** Requests of one connection that may be under way at once; what comes beyond waits in the socket. */
const mostAtOnce = 32;
/** How long a client has for its last answers once the server ends, in milliseconds. */
const partingTime = 1000;

export interface Call {
  /** Aborts when the connection or the server ends. */
  readonly signal: AbortSignal;
  /** Sends a notification; resolves once there is room for the next. */
  notify(method: string, params: Record<string, unknown>): Promise<void>;
}

/**
 * Takes its parameters and answers the work. The calls of one connection begin in the order in which they came.
 * @throws UsageError with code `bad-params`.
 */
export type Method = (params: Params) => (call: Call) => unknown;

export class RpcServer {
  readonly #server: Server;
  readonly #connections = new Set<Connection>();

  /** @param ending from then on nothing new begins. */
  constructor(methods: ReadonlyMap<string, Method>, ending: AbortSignal) {
    // Who has written all requests may close that half and read on.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      const connection = new Connection(socket, methods, ending);
      this.#connections.add(connection);
      void connection.serve().finally(() => this.#connections.delete(connection));
    });
  }

  /** @param address in a folder that only this user reaches. */
  async listen(address: string): Promise<void> {
    const before = process.umask(0o177);
    try {
      this.#server.listen(address);
      await once(this.#server, 'listening');
    } finally {
      process.umask(before);
    }
  }

  /** Resolves when everything under way has been answered, to those who read on; `ending` has aborted before. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const connection of this.#connections) void connection.close();
    const timer = setTimeout(() => {
      for (const connection of this.#connections) connection.destroy();
    }, partingTime);
    await closed;
    clearTimeout(timer);
  }
}

class Connection {
  readonly #socket: Socket;
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #ending: AbortSignal;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #underWay = new Set<Promise<void>>();
  /** While the socket is full. */
  #drained: Promise<unknown> | undefined;

  constructor(socket: Socket, methods: ReadonlyMap<string, Method>, ending: AbortSignal) {
    this.#socket = socket;
    this.#methods = methods;
    this.#ending = ending;
    this.#signal = AbortSignal.any([ending, this.#stop.signal]);
    // A client that has gone is its own affair.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#stop.abort());
  }

  async serve(): Promise<void> {
    try {
      for await (const line of lines(this.#socket.iterator({ destroyOnReturn: false }), mostLineBytes)) {
        while (this.#underWay.size >= mostAtOnce) await Promise.race(this.#underWay);
        const work = this.#answer(line).finally(() => this.#underWay.delete(work));
        this.#underWay.add(work);
      }
    } catch (error) {
      if (!this.#socket.destroyed) await this.#write(failure(null, error));
    }
    await this.close();
  }

  async close(): Promise<void> {
    await Promise.all(this.#underWay);
    this.#stop.abort();
    if (!this.#socket.destroyed) this.#socket.end(() => this.#socket.destroy());
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #answer(line: Buffer): Promise<void> {
    const request = parse(line);
    const answer = Array.isArray(request) && request.length > 0 ? this.#many(request) : this.#one(request);
    await this.#write(await answer);
  }

  async #many(requests: readonly unknown[]): Promise<string | undefined> {
    const answers = await Promise.all(requests.map((request) => this.#one(request)));
    const given = answers.filter((answer) => answer !== undefined);
    return given.length > 0 ? `[${given.join(',')}]` : undefined;
  }

  /** JSON; undefined for a notification, which nobody answers. */
  async #one(request: unknown): Promise<string | undefined> {
    const read = readRequest(request);
    if ('error' in read) return failure(null, read.error);
    const { id, method, params } = read;
    try {
      const result = (await this.#call(method, params)) ?? {};
      return id === undefined ? undefined : json({ jsonrpc: '2.0', id, result });
    } catch (error) {
      return id === undefined ? undefined : failure(id, this.#ending.aborted ? ending() : error);
    }
  }

  #call(name: string, values: unknown): unknown {
    if (this.#ending.aborted) throw ending();
    const method = this.#methods.get(name);
    if (!method) throw new UsageError(`There is no method ${name}.`, { code: 'no-such-method' });
    const params = new Params(values);
    const work = method(params);
    params.end();
    const notify = (event: string, what: Record<string, unknown>) =>
      this.#write(json({ jsonrpc: '2.0', method: event, params: what }));
    return work({ signal: this.#signal, notify });
  }

  async #write(line: string | undefined): Promise<void> {
    if (line === undefined || !this.#socket.writable) return;
    if (this.#socket.write(`${line}\n`)) return;
    // Who goes instead of reading on ends it as well.
    this.#drained ??= once(this.#socket, 'drain', { signal: this.#stop.signal })
      .catch(() => {})
      .finally(() => {
        this.#drained = undefined;
      });
    await this.#drained;
  }
}

type Id = string | number | null;

function failure(id: Id, error: unknown): string {
  return json({ jsonrpc: '2.0', id, error: toRpcError(error) });
}

/** @throws UsageError where it is longer than a string can be. */
function json(value: Record<string, unknown>): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UsageError('The answer is too long.', { code: 'answer-too-long', hint: 'Ask for fewer: limit.', cause });
  }
}

function ending(): SetupError {
  return new SetupError('The daemon is ending.', { code: 'daemon-ending', hint: 'Start it again: btr daemon' });
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** What is not JSON is an error in place of a value. */
function parse(line: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(line));
  } catch (cause) {
    return new UsageError('A line is not JSON in UTF-8.', { code: 'not-json', cause });
  }
}

interface Request {
  /** Undefined: a notification. */
  readonly id: Id | undefined;
  readonly method: string;
  readonly params: unknown;
}

function readRequest(value: unknown): Request | { readonly error: UsageError } {
  if (value instanceof UsageError) return { error: value };
  if (typeof value === 'object' && value !== null && 'method' in value && typeof value.method === 'string') {
    const id = 'id' in value ? value.id : undefined;
    if (id === undefined || id === null || typeof id === 'string' || typeof id === 'number') {
      return { id, method: value.method, params: 'params' in value ? value.params : undefined };
    }
  }
  return {
    error: new UsageError('A request has a method, and an id where it wants an answer.', { code: 'bad-request' }),
  };
}

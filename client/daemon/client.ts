/** The asking side of `btr daemon`. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { errorCode, SetupError } from '../errors.ts';
import { findDaemon, type SocketPlace } from '../messenger/daemon-place.ts';
import { fromRpcError, lines } from './wire.ts';

export type Answer = Readonly<Record<string, unknown>>;

/** The daemon ended, or closed the connection, before it answered. Nobody knows what it did. */
export class DaemonGone extends SetupError {
  constructor(message = 'The daemon has gone.') {
    super(message, { code: 'daemon-gone', hint: 'Start it again: btr daemon' });
  }
}

/** An answer, or a notification. */
interface Incoming {
  readonly id?: unknown;
  readonly result?: Answer;
  readonly error?: Parameters<typeof fromRpcError>[0];
  readonly params?: Answer;
}

/** Hears what subscriptions bring. Nothing more is read until it is done with it. */
type OnEvent = (params: Answer) => Promise<void> | void;

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long the answer may take, in milliseconds; for ever by default. */
  readonly patience?: number;
}

export class DaemonClient {
  readonly place: SocketPlace;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Answer>>();
  readonly #onEvent: OnEvent;
  readonly #ended: Promise<void>;
  #next = 1;

  private constructor(place: SocketPlace, socket: Socket, onEvent: OnEvent) {
    this.place = place;
    this.#socket = socket;
    this.#onEvent = onEvent;
    this.#ended = this.#read();
  }

  /**
   * The daemon of a home; undefined where none answers any more.
   * @throws SecurityError where something else may be listening.
   */
  static async connect(home: string, onEvent: OnEvent = () => {}): Promise<DaemonClient | undefined> {
    const place = await findDaemon(home);
    if (!place) return undefined;
    const socket = createConnection(place.address);
    try {
      await once(socket, 'connect');
    } catch (error) {
      // Killed, or ended in this very moment.
      if (['ECONNREFUSED', 'ENOENT', 'ECONNRESET'].includes(errorCode(error) ?? '')) return undefined;
      throw error;
    }
    return new DaemonClient(place, socket, onEvent);
  }

  /** @throws the daemon's error; DaemonGone; SetupError with code `daemon-silent`; the signal's reason. */
  async call(method: string, params: unknown = {}, { signal, patience }: CallOptions = {}): Promise<Answer> {
    const id = this.#next++;
    const answer = Promise.withResolvers<Answer>();
    this.#waiting.set(id, answer);
    if (this.#socket.destroyed) answer.reject(new DaemonGone());
    else this.#socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    const timer =
      patience === undefined ? undefined : setTimeout(() => answer.reject(silent(this.place)), patience).unref();
    const abort = () => answer.reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    try {
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      this.#waiting.delete(id);
    }
  }

  /** Resolves when the connection has ended. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  close(): void {
    this.#socket.destroy();
  }

  async #read(): Promise<void> {
    try {
      for await (const line of lines(this.#socket)) await this.#take(JSON.parse(line.toString()));
    } catch {
      // However it ended, those who wait are told below.
    } finally {
      this.#socket.destroy();
      for (const { reject } of this.#waiting.values()) reject(new DaemonGone());
    }
  }

  async #take({ id, result, error, params }: Incoming): Promise<void> {
    if (params) await this.#onEvent(params);
    const waiting = this.#waiting.get(Number(id));
    if (error) waiting?.reject(fromRpcError(error));
    else if (result) waiting?.resolve(result);
  }
}

function silent({ pid }: SocketPlace): SetupError {
  return new SetupError('The daemon does not answer.', {
    code: 'daemon-silent',
    hint: `Look at process ${pid}, and end it if it stands still. btr history shows what it took before.`,
  });
}

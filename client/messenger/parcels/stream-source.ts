/** What somebody pipes in: read once, from front to back, its length unknown until it ends. */
import type { Readable } from 'node:stream';
import type { ReadResult, Skipped, Source } from './source.ts';

export class StreamSource implements Source {
  readonly type = 'stream';
  readonly size = undefined;
  readonly resumable = false;
  readonly skipped: readonly Skipped[] = [];
  readonly name: string;
  readonly #stream: Readable;
  readonly #pieces: AsyncIterator<unknown>;
  /** Read from the stream, not yet given out. */
  #ahead: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(stream: Readable, name: string) {
    this.name = name;
    this.#stream = stream;
    this.#pieces = stream[Symbol.asyncIterator]();
  }

  async read(_position: number, pieces: readonly Uint8Array[], signal: AbortSignal): Promise<ReadResult> {
    let bytes = 0;
    for (const piece of pieces) {
      const filled = await this.#fill(piece, signal);
      bytes += filled;
      if (filled < piece.length) break;
    }
    // Looking one piece ahead tells whether these bytes are the last ones.
    await this.#look(signal);
    return { bytes, end: this.#ahead.length === 0 };
  }

  /** Nothing to look at: what was piped in can't change behind our back. */
  async verify(): Promise<void> {}

  async close(): Promise<void> {
    this.#stream.destroy();
  }

  async #fill(piece: Uint8Array, signal: AbortSignal): Promise<number> {
    let filled = 0;
    while (filled < piece.length) {
      await this.#look(signal);
      if (this.#ahead.length === 0) break;
      const taken = this.#ahead.subarray(0, piece.length - filled);
      piece.set(taken, filled);
      filled += taken.length;
      this.#ahead = this.#ahead.subarray(taken.length);
    }
    return filled;
  }

  /** Makes sure that something is ahead, unless the stream has ended. */
  async #look(signal: AbortSignal): Promise<void> {
    while (this.#ahead.length === 0 && !this.#ended) {
      const next = await unlessAborted(this.#pieces.next(), signal);
      if (next.done === true) this.#ended = true;
      else this.#ahead = toBytes(next.value);
    }
  }
}

function toBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  throw new TypeError('a stream of bytes gave something else');
}

/** Nobody may type for hours: the wait ends with the signal, and what comes later is dropped with the source. */
async function unlessAborted<T>(wait: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([wait, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Parcels in several drops: put by the policy, got from whichever has them, removed wherever they may be. */
import { DropError } from '../../errors.ts';
import type { ByteRange, CallOptions, CreateOptions, GetOptions, ParcelStore, PartInput } from '../drop.ts';
import { allFailed, isAnswer, toDropError } from './errors.ts';
import { race, raceOutcome } from './race.ts';
import { storeOf, Uploads } from './uploads.ts';
import type { OpenWay, Taken } from './way.ts';
import { healthyFirst, type Ways } from './ways.ts';

/** What the strictest of the clouds asks for (Amazon S3 User Guide, "Multipart upload limits"), until one is open. */
const cautious = { maxParts: 10_000, minPartBytes: 5 * 1024 * 1024 };
/** Milliseconds that a slow drop has, more than the first, to remove a parcel. */
const removeGrace = 30_000;
/** As many keys as are remembered with the drop in which they were found. */
const mostFound = 1000;

interface Stream {
  readonly first: IteratorResult<Uint8Array>;
  readonly rest: AsyncIterator<Uint8Array>;
  readonly taken: Taken;
}

export class SeveralParcels implements ParcelStore {
  readonly #ways: Ways;
  readonly #uploads: Uploads;
  readonly #found = new Map<string, OpenWay>();

  constructor(ways: Ways) {
    this.#ways = ways;
    this.#uploads = new Uploads(ways);
  }

  get maxParts(): number {
    return Math.min(...this.#rules().map(({ maxParts }) => maxParts));
  }

  get minPartBytes(): number {
    return Math.max(...this.#rules().map(({ minPartBytes }) => minPartBytes));
  }

  get copies(): number {
    return this.#ways.list.length;
  }

  create(key: string, options: CreateOptions = {}): Promise<string> {
    return this.#uploads.create(key, options);
  }

  putPart(key: string, ticket: string, part: PartInput, options?: CallOptions): Promise<string> {
    return this.#uploads.putPart(key, ticket, part, options);
  }

  complete(key: string, ticket: string, receipts: readonly string[], options?: CallOptions): Promise<void> {
    return this.#uploads.complete(key, ticket, receipts, options);
  }

  abort(key: string, ticket: string, options?: CallOptions): Promise<void> {
    return this.#uploads.abort(key, ticket, options);
  }

  /** A drop that breaks off is put aside: the next call, for what is missing, is first made to the others. */
  async *get(key: string, range: ByteRange, options?: GetOptions): AsyncGenerator<Uint8Array, void, undefined> {
    const signal = this.#ways.signal(options);
    const [way, stream] = await this.#openStream(key, range, signal, this.#among(key, options?.copy));
    this.#remember(key, way);
    let isBroken = false;
    try {
      for (let next = stream.first; next.done !== true; next = await stream.rest.next()) yield next.value;
    } catch (error) {
      signal.throwIfAborted();
      const failure = toDropError(error);
      isBroken = !isAnswer(failure);
      if (isBroken) way.sending.failed();
      throw failure;
    } finally {
      await stream.rest.return?.();
      stream.taken.release(isBroken);
    }
  }

  async remove(key: string, options?: CallOptions): Promise<void> {
    const { results, failures } = await raceOutcome(this.#ways, {
      waves: [this.#ways.list],
      // A drop that keeps no parcels has none to remove.
      call: async (drop, signal) => drop.parcels?.remove(key, { signal }),
      signal: this.#ways.signal(options),
      patience: removeGrace,
      grace: removeGrace,
    });
    if (results.size === 0) throw allFailed(failures);
    if (failures.size > 0) throw notEverywhere([...failures.keys()].map(({ name }) => name));
  }

  /** The first that has it; a drop that has not is no failure unless all say so. */
  async #openStream(
    key: string,
    range: ByteRange,
    signal: AbortSignal,
    among: readonly OpenWay[],
  ): Promise<[OpenWay, Stream]> {
    const opened = await race(this.#ways, {
      waves: among.map((way) => [way]),
      call: (_, abort, way) => openStream(way, key, range, abort),
      discard: (_, stream) => void closeStream(stream),
      signal,
      patience: this.#ways.patience(0),
    });
    const [first] = opened;
    if (first === undefined) throw new RangeError('a race has a winner');
    return first;
  }

  #among(key: string, copy: number | undefined): readonly OpenWay[] {
    const { list } = this.#ways;
    if (copy !== undefined) return list.slice(copy, copy + 1);
    const found = this.#found.get(key);
    return healthyFirst([...(found ? [found] : []), ...list.filter((way) => way !== found)]).flat();
  }

  #remember(key: string, way: OpenWay): void {
    this.#found.delete(key);
    this.#found.set(key, way);
    const [oldest] = this.#found.keys();
    if (this.#found.size > mostFound && oldest !== undefined) this.#found.delete(oldest);
  }

  #rules() {
    const known = this.#ways.list.flatMap(({ partRules }) => partRules ?? []);
    return known.length > 0 ? known : [cautious];
  }
}

/** Reads the first piece, so that a drop that has nothing is told from one that has. */
async function openStream(way: OpenWay, key: string, range: ByteRange, signal: AbortSignal): Promise<Stream> {
  const taken = await way.take(signal);
  try {
    const rest = storeOf(taken.drop, way).get(key, range, { signal })[Symbol.asyncIterator]();
    return { first: await rest.next(), rest, taken };
  } catch (error) {
    taken.release();
    throw error;
  }
}

async function closeStream({ rest, taken }: Stream): Promise<void> {
  try {
    await rest.return?.();
  } catch {
    // Its signal has ended it already.
  } finally {
    taken.release();
  }
}

function notEverywhere(names: readonly string[]): DropError {
  return new DropError(
    `It could not be removed from ${names.join(' and ')}, where it may lie until its time is over.`,
    {
      code: 'not-removed',
      hint: 'Try again once that drop can be reached.',
      retryable: true,
    },
  );
}

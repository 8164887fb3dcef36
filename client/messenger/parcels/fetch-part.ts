/** Fetches one part of a parcel and opens its chunks: nothing leaves here that was not authenticated. */
import type { KeyObject } from 'node:crypto';
import { CHUNK_OVERHEAD, chunkSeal, openChunk, STORED_CHUNK_BYTES } from '../../crypto/parcel.ts';
import type { GetOptions, ParcelStore } from '../../drops/drop.ts';
import { DropError, SecurityError } from '../../errors.ts';
import type { FileNotice } from '../../protocol/file-notice.ts';
import { fromAnyCopy } from './copies.ts';
import type { PartPlace } from './parts.ts';
import { retrying } from './retry.ts';

export interface Fetching {
  readonly parcels: ParcelStore;
  readonly notice: FileNotice;
  readonly key: KeyObject;
  readonly delays: readonly number[];
}

/**
 * Gets the plaintext of each chunk, in order, with its place in the part from 0. The bytes are valid until this
 * resolves. Where one copy of a part was spoiled, it gets the chunks of another from the first one on.
 */
export type TakeChunk = (plaintext: Uint8Array, index: number) => Promise<void>;

/**
 * Fetches a part; what an interrupted attempt had brought is not fetched twice. Answers the seals of its chunks.
 * @throws SecurityError with code `parcel-altered` or `parcel-truncated`; DropError; the signal's reason; what `take`
 * throws. By then nothing is in flight any more.
 */
export function fetchPart(
  fetching: Fetching,
  place: PartPlace,
  take: TakeChunk,
  signal: AbortSignal,
): Promise<Uint8Array> {
  return fromAnyCopy(fetching.parcels, { signal }, (options) => fetchFrom(fetching, place, take, options));
}

async function fetchFrom(
  fetching: Fetching,
  place: PartPlace,
  take: TakeChunk,
  options: GetOptions & { readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const { parcels, notice, delays } = fetching;
  const chunks = new Chunks(place.storedLength);
  const seals = new Uint8Array(place.chunks * CHUNK_OVERHEAD);
  let opened = 0;
  const attempt = async (): Promise<void> => {
    const range = { offset: place.storedOffset + chunks.bytes, length: place.storedLength - chunks.bytes };
    for await (const piece of parcels.get(notice.objectKey, range, options)) {
      for (const chunk of chunks.add(piece)) {
        const index = opened++;
        seals.set(chunkSeal(chunk), index * CHUNK_OVERHEAD);
        await take(open(fetching, place.firstChunk + index, chunk), index);
      }
    }
  };
  // A stream that ended early without an error may have been cut: asked again it either goes on or is truncated.
  for (let before = -1; chunks.bytes < place.storedLength; ) {
    if (chunks.bytes === before) throw wrongLength('parcel-truncated', 'shorter');
    before = chunks.bytes;
    await retrying(attempt, { signal: options.signal, delays }).catch(explainLength);
  }
  return seals;
}

/** Cuts what comes into stored chunks. One that lies in a single piece is not copied: it is opened where it lies. */
class Chunks {
  /** That have come so far. */
  bytes = 0;
  readonly #length: number;
  /** The beginning of a chunk whose rest is still to come. */
  #begun = new Uint8Array(0);
  #filled = 0;

  /** @param length of all chunks together, as stored */
  constructor(length: number) {
    this.#length = length;
  }

  *add(piece: Uint8Array): Generator<Uint8Array, void, undefined> {
    if (piece.length > this.#length - this.bytes) throw wrongLength('parcel-altered', 'longer');
    for (let at = 0; at < piece.length; ) {
      const size = Math.min(STORED_CHUNK_BYTES, this.#length - this.bytes + this.#filled);
      const some = piece.subarray(at, at + size - this.#filled);
      at += some.length;
      this.bytes += some.length;
      if (some.length === size) yield some;
      else if (this.#keep(some) === size) {
        this.#filled = 0;
        yield this.#begun.subarray(0, size);
      }
    }
  }

  /** Answers how many bytes there are of the chunk now. */
  #keep(some: Uint8Array): number {
    if (this.#begun.length === 0) this.#begun = Buffer.allocUnsafeSlow(Math.min(STORED_CHUNK_BYTES, this.#length));
    this.#begun.set(some, this.#filled);
    this.#filled += some.length;
    return this.#filled;
  }
}

function open({ notice, key }: Fetching, index: number, chunk: Uint8Array): Uint8Array {
  return openChunk(key, { parcelId: notice.id, index, final: index === notice.chunks - 1 }, chunk);
}

/** Some drops notice by themselves that a range goes beyond the end. */
function explainLength(error: unknown): never {
  if (error instanceof DropError && error.code === 'wrong-parcel-length') {
    throw wrongLength('parcel-truncated', 'shorter');
  }
  throw error;
}

function wrongLength(code: string, how: string): SecurityError {
  return new SecurityError(`The file in the drop is ${how} than the sender said.`, {
    code,
    hint: 'Nothing of it was kept. Ask the sender to send the file again, and tell them about this.',
  });
}

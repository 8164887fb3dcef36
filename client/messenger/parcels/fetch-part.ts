/** Fetches one part of a parcel and opens its chunks: nothing leaves here that was not authenticated. */
import type { KeyObject } from 'node:crypto';
import { CHUNK_OVERHEAD, chunkSeal, openChunk } from '../../crypto/parcel.ts';
import type { GetOptions, ParcelStore } from '../../drops/drop.ts';
import { DropError, SecurityError } from '../../errors.ts';
import type { FileNotice } from '../../protocol/file-notice.ts';
import { fromAnyCopy } from './copies.ts';
import { type PartPlace, storedChunks } from './parts.ts';
import { retrying } from './retry.ts';

export interface Fetching {
  readonly parcels: ParcelStore;
  readonly notice: FileNotice;
  readonly key: KeyObject;
  readonly delays: readonly number[];
}

export interface OpenedPart {
  /** Plaintext of each chunk, views into the buffer that was given. */
  readonly pieces: readonly Uint8Array[];
  readonly seals: Uint8Array;
}

/**
 * Fetches a part into `buffer`; what an interrupted attempt had brought is not fetched twice.
 * @throws SecurityError with code `parcel-altered` or `parcel-truncated`; DropError; the signal's reason.
 */
export function fetchPart(
  fetching: Fetching,
  place: PartPlace,
  buffer: Uint8Array,
  signal: AbortSignal,
): Promise<OpenedPart> {
  return fromAnyCopy(fetching.parcels, { signal }, (options) => fetchFrom(fetching, place, buffer, options));
}

async function fetchFrom(
  fetching: Fetching,
  place: PartPlace,
  buffer: Uint8Array,
  options: GetOptions & { readonly signal: AbortSignal },
): Promise<OpenedPart> {
  const bytes = buffer.subarray(0, place.storedLength);
  let filled = 0;
  const attempt = async (): Promise<void> => {
    const range = { offset: place.storedOffset + filled, length: bytes.length - filled };
    for await (const piece of fetching.parcels.get(fetching.notice.objectKey, range, options)) {
      if (piece.length > bytes.length - filled) throw wrongLength('parcel-altered', 'longer');
      bytes.set(piece, filled);
      filled += piece.length;
    }
  };
  // A stream that ended early without an error may have been cut: asked again it either goes on or is truncated.
  for (let before = -1; filled < bytes.length; ) {
    if (filled === before) throw wrongLength('parcel-truncated', 'shorter');
    before = filled;
    await retrying(attempt, { signal: options.signal, delays: fetching.delays }).catch(explainLength);
  }
  return openPart(fetching, place, bytes);
}

function openPart({ notice, key }: Fetching, place: PartPlace, bytes: Uint8Array): OpenedPart {
  const seals = new Uint8Array(place.chunks * CHUNK_OVERHEAD);
  const pieces = storedChunks(bytes).map((chunk, offset) => {
    const index = place.firstChunk + offset;
    seals.set(chunkSeal(chunk), offset * CHUNK_OVERHEAD);
    return openChunk(key, { parcelId: notice.id, index, final: index === notice.chunks - 1 }, chunk);
  });
  return { pieces, seals };
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

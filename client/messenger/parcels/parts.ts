/**
 * How the chunks of a parcel are grouped into parts, the unit that is put, fetched, repeated and journalled. All
 * parts but the last have the same number of chunks.
 */
import { CHUNK_BYTES, CHUNK_OVERHEAD, chunkCount, STORED_CHUNK_BYTES } from '../../crypto/parcel.ts';

/** Chunks of a part unless the drop needs more: 8 MiB of plaintext. */
export const PART_CHUNKS = 8;
/** The same where the size is not known beforehand: the most that stays within 10 MiB, what small emulators take. */
export const STREAM_PART_CHUNKS = 9;
/** Parts of a download that are on their way, or wait for their turn to be written, at once. */
export const PARTS_AT_ONCE = 4;
/** What the buffers of one upload may take together, where parts are small enough for it. */
const BUFFER_BUDGET = 42 * 1_048_576;
const MOST_BUFFERS = 5;

interface PartRules {
  readonly maxParts: number;
  readonly minPartBytes: number;
}

/** Chunks in each part of a parcel of `size` bytes: as few as the drop allows, from 8 on. */
export function partChunks(size: number | undefined, rules: PartRules): number {
  const least = Math.ceil(rules.minPartBytes / STORED_CHUNK_BYTES);
  if (size === undefined) return Math.max(STREAM_PART_CHUNKS, least);
  return Math.max(PART_CHUNKS, least, Math.ceil(chunkCount(size) / rules.maxParts));
}

/** One part: which chunks it holds and where it stands in the plaintext and in the drop. Lengths in bytes. */
export interface PartPlace {
  /** From 1. */
  readonly number: number;
  readonly firstChunk: number;
  readonly chunks: number;
  readonly offset: number;
  readonly length: number;
  readonly storedOffset: number;
  readonly storedLength: number;
}

export function partCount(size: number, chunksPerPart: number): number {
  return Math.ceil(chunkCount(size) / chunksPerPart);
}

export function partPlace(number: number, size: number, chunksPerPart: number): PartPlace {
  const firstChunk = (number - 1) * chunksPerPart;
  const chunks = Math.min(chunksPerPart, chunkCount(size) - firstChunk);
  const offset = firstChunk * CHUNK_BYTES;
  const length = Math.min(chunks * CHUNK_BYTES, size - offset);
  return {
    number,
    firstChunk,
    chunks,
    offset,
    length,
    storedOffset: firstChunk * STORED_CHUNK_BYTES,
    storedLength: length + chunks * CHUNK_OVERHEAD,
  };
}

/** The stored chunks in a part's bytes, each a view: all are full but the last. */
export function storedChunks(part: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < part.length; at += STORED_CHUNK_BYTES) chunks.push(part.subarray(at, at + STORED_CHUNK_BYTES));
  return chunks;
}

/** How many parts are held in memory at once: few where they are large, at least two so that work overlaps. */
export function bufferCount(partBytes: number): number {
  return Math.max(2, Math.min(MOST_BUFFERS, Math.floor(BUFFER_BUDGET / Math.max(1, partBytes))));
}

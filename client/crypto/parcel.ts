/**
 * The chunks of a parcel. A file is cut into chunks of 1 MiB, the last of 0 to 1 MiB (an empty file is one empty
 * chunk), and each is stored as
 *
 *     nonce (12, random) | AES-256-GCM ciphertext (as long as the plaintext) | tag (16)
 *
 * under the parcel's own key, with the associated data `parcel id (16) | index (u64, from 0) | final (u8, 0 or 1)`.
 * So a chunk opens at its own place in its own parcel and nowhere else, and the last one can't be cut off. The hash
 * over all tags (SHA-256 of them in order) names the whole: with it, whoever has the key and the drop can't put
 * another content of the same length in its place.
 *
 * Sizes are computable beforehand: `storedSize` and `plainSize`.
 */
import {
  type CipherGCM,
  createCipheriv,
  createDecipheriv,
  createHash,
  type DecipherGCM,
  type KeyObject,
} from 'node:crypto';
import { SecurityError } from '../errors.ts';

/** Plaintext bytes of every chunk but the last. */
export const CHUNK_BYTES = 1_048_576;
export const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What sealing adds to a chunk. */
export const CHUNK_OVERHEAD = NONCE_BYTES + TAG_BYTES;
/** Stored bytes of every chunk but the last. */
export const STORED_CHUNK_BYTES = CHUNK_BYTES + CHUNK_OVERHEAD;
/** Bytes of a parcel's id and of its key. */
export const PARCEL_ID_BYTES = 16;
export const PARCEL_KEY_BYTES = 32;

/** The largest plaintext whose stored size is still an exact number. */
export const MAX_PARCEL_BYTES = Math.floor(Number.MAX_SAFE_INTEGER / STORED_CHUNK_BYTES) * CHUNK_BYTES;

/**
 * OpenSSL's output comes in fresh memory each time. In slices of this size the C library hands out the same few warm
 * pages again once a slice is given back, which is twice as fast as a whole chunk at a time and keeps memory flat.
 */
const SLICE_BYTES = 65_536;

/** Where a chunk stands: everything its tag covers beside the content. */
export interface ChunkPlace {
  /** 16 bytes. */
  readonly parcelId: Uint8Array;
  /** From 0. */
  readonly index: number;
  /** Whether it is the last one. */
  readonly final: boolean;
}

/** How many chunks a plaintext of this many bytes has; at least one. */
export function chunkCount(size: number): number {
  if (!Number.isSafeInteger(size) || size < 0 || size > MAX_PARCEL_BYTES) {
    throw new RangeError(`not the size of a parcel: ${size}`);
  }
  return Math.max(1, Math.ceil(size / CHUNK_BYTES));
}

/** Bytes that a plaintext of `size` bytes takes in a drop. */
export function storedSize(size: number): number {
  return size + chunkCount(size) * CHUNK_OVERHEAD;
}

/** Bytes of plaintext behind so many stored bytes, or undefined where no parcel has that length. */
export function plainSize(stored: number): number | undefined {
  if (!Number.isSafeInteger(stored)) return undefined;
  const size = stored - Math.max(1, Math.ceil(stored / STORED_CHUNK_BYTES)) * CHUNK_OVERHEAD;
  if (size < 0 || size > MAX_PARCEL_BYTES) return undefined;
  return storedSize(size) === stored ? size : undefined;
}

/**
 * Seals one chunk in place: the plaintext stands in `chunk` from byte 12 on, with 16 bytes free behind it. Afterwards
 * `chunk` is what is stored.
 * @param nonce 12 bytes, never used before under this key, unless for the very same plaintext and place.
 */
export function sealChunk(key: KeyObject, place: ChunkPlace, nonce: Uint8Array, chunk: Uint8Array): void {
  const content = contentOf(chunk);
  if (nonce.length !== NONCE_BYTES) throw new RangeError('a nonce has 12 bytes');
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(associatedData(place));
  transform(cipher, content);
  cipher.final();
  chunk.set(nonce, 0);
  chunk.set(cipher.getAuthTag(), NONCE_BYTES + content.length);
}

/**
 * Opens one stored chunk in place and returns its plaintext, a view into `chunk`.
 * @throws SecurityError with code `parcel-altered` where it was not sealed with this key for this place; what stands
 * in `chunk` is then unverified and has been overwritten with zeros.
 */
export function openChunk(key: KeyObject, place: ChunkPlace, chunk: Uint8Array): Uint8Array {
  const content = contentOf(chunk);
  const decipher = createDecipheriv('aes-256-gcm', key, chunk.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(place));
  decipher.setAuthTag(chunk.subarray(chunk.length - TAG_BYTES));
  transform(decipher, content);
  try {
    decipher.final();
  } catch (cause) {
    content.fill(0);
    throw new SecurityError('A part of the file was altered, or does not belong where it lies.', {
      code: 'parcel-altered',
      hint: 'Nothing of it was kept. Ask the sender to send the file again, and tell them about this.',
      cause,
    });
  }
  return content;
}

/** The nonce and the tag of a stored chunk, together 28 bytes: enough to seal the same plaintext to the same bytes. */
export function chunkSeal(chunk: Uint8Array): Uint8Array {
  contentOf(chunk);
  const seal = new Uint8Array(CHUNK_OVERHEAD);
  seal.set(chunk.subarray(0, NONCE_BYTES), 0);
  seal.set(chunk.subarray(chunk.length - TAG_BYTES), NONCE_BYTES);
  return seal;
}

/** The hash over all tags, from the seals of all chunks in order (`chunkSeal`), in as many runs as one likes. */
export function hashTags(seals: Iterable<Uint8Array>): Buffer {
  const hash = createHash('sha256');
  for (const run of seals) {
    if (run.length % CHUNK_OVERHEAD !== 0) throw new RangeError('a seal has 28 bytes');
    for (let at = NONCE_BYTES; at < run.length; at += CHUNK_OVERHEAD) hash.update(run.subarray(at, at + TAG_BYTES));
  }
  return hash.digest();
}

function contentOf(chunk: Uint8Array): Uint8Array {
  if (chunk.length < CHUNK_OVERHEAD || chunk.length > STORED_CHUNK_BYTES) {
    throw new RangeError(`not the length of a stored chunk: ${chunk.length}`);
  }
  return chunk.subarray(NONCE_BYTES, chunk.length - TAG_BYTES);
}

function associatedData(place: ChunkPlace): Buffer {
  if (place.parcelId.length !== PARCEL_ID_BYTES) throw new RangeError('a parcel id has 16 bytes');
  const data = Buffer.alloc(PARCEL_ID_BYTES + 9);
  data.set(place.parcelId, 0);
  data.writeBigUInt64BE(BigInt(place.index), PARCEL_ID_BYTES);
  data[PARCEL_ID_BYTES + 8] = place.final ? 1 : 0;
  return data;
}

/** Runs `content` through the cipher and back into its own place; GCM gives out as many bytes as it takes in. */
function transform(cipher: CipherGCM | DecipherGCM, content: Uint8Array): void {
  for (let at = 0; at < content.length; at += SLICE_BYTES) {
    const output = cipher.update(content.subarray(at, at + SLICE_BYTES));
    content.set(output, at);
    release(output);
  }
}

/** Gives the memory of a cipher's output back now rather than at some later garbage collection. */
function release(output: Buffer<ArrayBufferLike>): void {
  // A small output may come from Node's shared pool, which is not ours to give back.
  if (output.buffer instanceof ArrayBuffer && output.buffer.byteLength === output.length) output.buffer.transfer(0);
}

/** The pipeline of an upload: one reader that seals parts in order, and several puts in flight behind it. */
import { type KeyObject, randomBytes } from 'node:crypto';
import {
  CHUNK_BYTES,
  CHUNK_OVERHEAD,
  chunkSeal,
  NONCE_BYTES,
  STORED_CHUNK_BYTES,
  sealChunk,
  storedSize,
} from '../../crypto/parcel.ts';
import type { ParcelStore } from '../../drops/drop.ts';
import { BufferPool } from './buffers.ts';
import type { JournalPart, TransferJournal, UploadHead } from './journal.ts';
import { bufferCount, storedChunks } from './parts.ts';
import { retrying } from './retry.ts';
import type { Source } from './source.ts';

/** Thrown where what is read now is not what an earlier attempt sent: the upload starts over with a new id and key. */
export class SourceDiffers extends Error {
  constructor() {
    super('The source differs from what was sent earlier.');
    this.name = 'SourceDiffers';
  }
}

interface Sending {
  readonly parcels: ParcelStore;
  readonly source: Source;
  readonly journal: TransferJournal;
  readonly head: UploadHead;
  readonly key: KeyObject;
  /** Stored bytes from which on a stream is too large, and the error that says so. */
  readonly mostBytes: number;
  readonly tooLarge: () => Error;
  readonly signal: AbortSignal;
  readonly delays: readonly number[];
  readonly onProgress: ((done: number, total: number | undefined) => void) | undefined;
}

interface Sent {
  /** Bytes of plaintext. */
  readonly size: number;
  /** Of all parts, in order. */
  readonly receipts: readonly string[];
  readonly seals: readonly Uint8Array[];
}

/** One part as it stands in its buffer. */
interface SealedPart {
  readonly number: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly plainBytes: number;
  readonly seals: Uint8Array;
}

/** Puts every part that the journal does not have yet. Returns or throws only when nothing is in flight any more. */
export async function sendParts(sending: Sending): Promise<Sent> {
  const { head, source, onProgress } = sending;
  const failed = new AbortController();
  const signal = AbortSignal.any([sending.signal, failed.signal]);
  const partBytes = head.chunksPerPart * STORED_CHUNK_BYTES;
  // A small file needs no large buffers.
  const pool = new BufferPool(
    bufferCount(partBytes),
    Math.min(partBytes, source.size === undefined ? partBytes : storedSize(source.size)),
  );
  const earlier = new Map(source.resumable ? [...sending.journal.parts()].map((part) => [part.number, part]) : []);
  const receipts: string[] = [];
  const seals: Uint8Array[] = [];
  const flights: Promise<void>[] = [];
  let done = 0;
  const arrived = (part: SealedPart, receipt: string): void => {
    receipts[part.number - 1] = receipt;
    done += part.plainBytes;
    onProgress?.(done, source.size);
  };
  try {
    let size = 0;
    for (let number = 1, end = false; !end; number++) {
      const buffer = await pool.take();
      signal.throwIfAborted();
      const known = earlier.get(number);
      const read = await readPart(sending, number, buffer, known);
      end = read.end;
      size += read.part.plainBytes;
      seals.push(read.part.seals);
      if (known !== undefined) {
        arrived(read.part, known.receipt);
        pool.give(buffer);
        continue;
      }
      flights.push(
        putPart(sending, read.part, pool, buffer, signal)
          .then((receipt) => arrived(read.part, receipt))
          // The first failure stops the others and the reader, which throws it on.
          .catch((error: unknown) => failed.abort(error)),
      );
    }
    await Promise.all(flights);
    signal.throwIfAborted();
    return { size, receipts, seals };
  } catch (error) {
    failed.abort(error);
    await Promise.all(flights);
    throw error;
  }
}

/** Reads and seals one part; one that the journal knows gets its old nonces, and must come out the same. */
async function readPart(
  { source, head, key, signal, mostBytes, tooLarge }: Sending,
  number: number,
  buffer: Uint8Array,
  known: JournalPart | undefined,
): Promise<{ readonly part: SealedPart; readonly end: boolean }> {
  const firstChunk = (number - 1) * head.chunksPerPart;
  const slots = storedChunks(buffer).map((chunk) => chunk.subarray(NONCE_BYTES, NONCE_BYTES + CHUNK_BYTES));
  const { bytes: plainBytes, end } = await source.read(firstChunk * CHUNK_BYTES, plainSlots(slots, buffer), signal);
  const count = Math.max(1, Math.ceil(plainBytes / CHUNK_BYTES));
  const bytes = buffer.subarray(0, plainBytes + count * CHUNK_OVERHEAD);
  const offset = firstChunk * STORED_CHUNK_BYTES;
  if (offset + bytes.length > mostBytes) throw tooLarge();
  const seals = new Uint8Array(count * CHUNK_OVERHEAD);
  if (known !== undefined && known.seals.length !== seals.length) throw new SourceDiffers();
  const nonces = known?.seals ?? randomBytes(seals.length);
  for (const [index, chunk] of storedChunks(bytes).entries()) {
    const at = index * CHUNK_OVERHEAD;
    const place = { parcelId: head.parcelId, index: firstChunk + index, final: end && index === count - 1 };
    sealChunk(key, place, nonces.subarray(at, at + NONCE_BYTES), chunk);
    seals.set(chunkSeal(chunk), at);
  }
  if (known !== undefined && Buffer.compare(known.seals, seals) !== 0) throw new SourceDiffers();
  return { part: { number, offset, bytes, plainBytes, seals }, end };
}

/** Where the plaintext of each chunk is read to; the last slot of a short buffer leaves room for the tag. */
function plainSlots(slots: Uint8Array[], buffer: Uint8Array): Uint8Array[] {
  const last = slots.at(-1);
  const rest = buffer.length % STORED_CHUNK_BYTES;
  if (last === undefined || rest === 0) return slots;
  return [...slots.slice(0, -1), last.subarray(0, rest - CHUNK_OVERHEAD)];
}

async function putPart(
  { parcels, head, journal, delays }: Sending,
  part: SealedPart,
  pool: BufferPool,
  buffer: Uint8Array,
  signal: AbortSignal,
): Promise<string> {
  const { number, offset, bytes, seals } = part;
  let attempts = 0;
  try {
    const put = (): Promise<string> => {
      attempts++;
      return parcels.putPart(head.objectKey, head.ticket, { number, offset, pieces: storedChunks(bytes) }, { signal });
    };
    const receipt = await retrying(put, { signal, delays });
    journal.addPart({ number, receipt, seals });
    if (attempts === 1) pool.give(buffer);
    else pool.replace();
    return receipt;
  } catch (error) {
    pool.replace();
    throw error;
  }
}

/** The pipeline of a download to disk: several parts in flight, each written to its place and journalled. */
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CHUNK_BYTES, CHUNK_OVERHEAD, chunkSeal, hashTags, NONCE_BYTES, sealChunk } from '../../crypto/parcel.ts';
import { SecurityError } from '../../errors.ts';
import { type Fetching, fetchPart, type TakeChunk } from './fetch-part.ts';
import type { JournalPart, TransferJournal } from './journal.ts';
import { PART_CHUNKS, PARTS_AT_ONCE, type PartPlace, partCount, partPlace, storedChunks } from './parts.ts';
import { readFully } from './source-reading.ts';
import { checkSpace, writeFully } from './temporary.ts';

export interface Receiving extends Fetching {
  readonly file: FileHandle;
  readonly path: string;
  readonly journal: TransferJournal;
  readonly signal: AbortSignal;
  readonly onProgress: ((done: number, total: number) => void) | undefined;
}

/**
 * Brings every part that is not in the file yet, then compares the hash over all tags with the notice's. Returns or
 * throws only when nothing is in flight any more.
 */
export async function receiveParts(receiving: Receiving): Promise<void> {
  const { notice, onProgress } = receiving;
  const seals = await earlierParts(receiving);
  let done = 0;
  for (const number of seals.keys()) done += partPlace(number, notice.size, PART_CHUNKS).length;
  // A folder is unpacked from its archive, which stays until then.
  const unpacked = notice.type === 'directory' ? notice.size : 0;
  await checkSpace(dirname(receiving.path), notice.size - done + unpacked);
  if (done > 0) onProgress?.(done, notice.size);
  const failed = new AbortController();
  const signal = AbortSignal.any([receiving.signal, failed.signal]);
  const missing = places(notice.size, seals);
  const work = async (): Promise<void> => {
    for (const place of missing) {
      signal.throwIfAborted();
      seals.set(place.number, await bringPart(receiving, place, signal));
      done += place.length;
      onProgress?.(done, notice.size);
    }
  };
  const workers = Math.min(PARTS_AT_ONCE, partCount(notice.size, PART_CHUNKS) - seals.size);
  await Promise.all(Array.from({ length: workers }, () => work().catch((error: unknown) => failed.abort(error))));
  signal.throwIfAborted();
  const inOrder = places(notice.size).map((place) => seals.get(place.number) ?? new Uint8Array(0));
  checkTags(inOrder, notice.tagsHash);
}

/**
 * The parts of a parcel in order, but for those that are there already. Never all at once in memory: the size is what
 * somebody else said it is.
 */
function* places(size: number, but: ReadonlyMap<number, unknown> = new Map()): Generator<PartPlace, undefined> {
  const count = partCount(size, PART_CHUNKS);
  for (let number = 1; number <= count; number++) {
    if (!but.has(number)) yield partPlace(number, size, PART_CHUNKS);
  }
}

/** @throws SecurityError where the tags are not those of the parcel that the notice names. */
export function checkTags(seals: Iterable<Uint8Array>, tagsHash: Uint8Array): void {
  if (Buffer.compare(hashTags(seals), tagsHash) === 0) return;
  throw new SecurityError('The file in the drop is not the one that the sender announced.', {
    code: 'parcel-altered',
    hint: 'Nothing of it was kept. Ask the sender to send the file again, and tell them about this.',
  });
}

async function bringPart(receiving: Receiving, place: PartPlace, signal: AbortSignal): Promise<Uint8Array> {
  const write: TakeChunk = (plaintext, index) =>
    writeFully(receiving.file, place.offset + index * CHUNK_BYTES, [plaintext]);
  const seals = await fetchPart(receiving, place, write, signal);
  receiving.journal.addPart({ number: place.number, receipt: '', seals });
  return seals;
}

/** The seals of those parts that an earlier attempt journalled and that really stand in the file. */
async function earlierParts(receiving: Receiving): Promise<Map<number, Uint8Array>> {
  const seals = new Map<number, Uint8Array>();
  const { size } = receiving.notice;
  const count = partCount(size, PART_CHUNKS);
  const buffer = { bytes: new Uint8Array(0) };
  for (const part of receiving.journal.parts()) {
    receiving.signal.throwIfAborted();
    if (part.number < 1 || part.number > count) continue;
    const place = partPlace(part.number, size, PART_CHUNKS);
    if (buffer.bytes.length < place.storedLength) buffer.bytes = Buffer.allocUnsafeSlow(place.storedLength);
    if (await stands(receiving, part, place, buffer.bytes)) seals.set(part.number, part.seals);
  }
  return seals;
}

/** Seals what stands in the file as the sender did; only the right bytes give the recorded tags. */
async function stands(
  { file, notice, key }: Receiving,
  part: JournalPart,
  place: PartPlace,
  buffer: Uint8Array,
): Promise<boolean> {
  if (part.seals.length !== place.chunks * CHUNK_OVERHEAD) return false;
  const chunks = storedChunks(buffer.subarray(0, place.storedLength));
  const contents = chunks.map((chunk) => chunk.subarray(NONCE_BYTES, chunk.length - (CHUNK_OVERHEAD - NONCE_BYTES)));
  if ((await readFully(file, place.offset, contents, place.length)) < place.length) return false;
  return chunks.every((chunk, offset) => {
    const index = place.firstChunk + offset;
    const seal = part.seals.subarray(offset * CHUNK_OVERHEAD, (offset + 1) * CHUNK_OVERHEAD);
    const at = { parcelId: notice.id, index, final: index === notice.chunks - 1 };
    sealChunk(key, at, seal.subarray(0, NONCE_BYTES), chunk);
    return Buffer.compare(chunkSeal(chunk), seal) === 0;
  });
}

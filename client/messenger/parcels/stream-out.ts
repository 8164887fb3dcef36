/**
 * A download into a stream: parts are fetched and opened a few ahead and written in order. Every byte that is written
 * was authenticated at its place; that the whole is the right one is only known at the end, so a reader must wait for
 * the exit code.
 */
import type { Writable } from 'node:stream';
import { CHUNK_BYTES } from '../../crypto/parcel.ts';
import { type Fetching, fetchPart, type TakeChunk } from './fetch-part.ts';
import { PART_CHUNKS, PARTS_AT_ONCE, type PartPlace, partCount, partPlace } from './parts.ts';
import { checkTags } from './receive-parts.ts';

interface FetchedPart {
  readonly plaintext: Uint8Array;
  readonly seals: Uint8Array;
}

export async function writeInOrder(
  fetching: Fetching,
  stream: Writable,
  signal: AbortSignal,
  onProgress: ((done: number, total: number) => void) | undefined,
): Promise<void> {
  const { notice } = fetching;
  const count = partCount(notice.size, PART_CHUNKS);
  const stopped = new AbortController();
  const either = AbortSignal.any([signal, stopped.signal]);
  const partBytes = partPlace(1, notice.size, PART_CHUNKS).length;
  const buffers = Array.from({ length: Math.min(PARTS_AT_ONCE, count) }, () => Buffer.allocUnsafeSlow(partBytes));
  const fetches = new Map<number, Promise<FetchedPart>>();
  const launch = (number: number): void => {
    const buffer = buffers[(number - 1) % PARTS_AT_ONCE];
    if (number > count || buffer === undefined) return;
    const fetch = fetchInto(fetching, partPlace(number, notice.size, PART_CHUNKS), buffer, either);
    // Whoever awaits it in its turn hears of a failure; until then it must not count as unhandled.
    fetch.catch(() => undefined);
    fetches.set(number, fetch);
  };
  const seals: Uint8Array[] = [];
  let done = 0;
  // A broken pipe also comes as an event, which would end the process if nobody listened.
  const onError = (): void => undefined;
  stream.on('error', onError);
  try {
    for (let number = 1; number <= PARTS_AT_ONCE; number++) launch(number);
    for (let number = 1; number <= count; number++) {
      const part = await fetches.get(number);
      if (part === undefined) throw new Error('a part was never asked for');
      fetches.delete(number);
      await write(stream, part.plaintext, signal);
      done += part.plaintext.length;
      seals.push(part.seals);
      launch(number + PARTS_AT_ONCE);
      onProgress?.(done, notice.size);
    }
    checkTags(seals, notice.tagsHash);
  } finally {
    stopped.abort();
    await Promise.allSettled(fetches.values());
    stream.off('error', onError);
  }
}

async function fetchInto(
  fetching: Fetching,
  place: PartPlace,
  buffer: Uint8Array,
  signal: AbortSignal,
): Promise<FetchedPart> {
  const keep: TakeChunk = async (plaintext, index) => buffer.set(plaintext, index * CHUNK_BYTES);
  const seals = await fetchPart(fetching, place, keep, signal);
  return { plaintext: buffer.subarray(0, place.length), seals };
}

/** Resolves once the stream no longer needs the bytes: they stand in a buffer that is used again. */
async function write(stream: Writable, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  stream.write(bytes, (error) => (error === null || error === undefined ? resolve() : reject(error)));
  try {
    await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

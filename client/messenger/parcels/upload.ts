/**
 * Sends a file, folder or stream as a parcel: reads, seals and puts parts, several in flight, and remembers each one
 * that arrived, so that the next attempt goes on from there. Nobody sees the parcel before all of it is there and the
 * source has been looked at once more.
 */
import { createSecretKey, randomBytes } from 'node:crypto';
import {
  CHUNK_BYTES,
  chunkCount,
  hashTags,
  PARCEL_ID_BYTES,
  PARCEL_KEY_BYTES,
  storedSize,
} from '../../crypto/parcel.ts';
import type { DropLimits, ParcelStore } from '../../drops/drop.ts';
import { DropError, UsageError } from '../../errors.ts';
import { type FileNotice, MAX_FILE_BYTES } from '../../protocol/file-notice.ts';
import { formatParcelKey } from '../../protocol/parcel-key.ts';
import type { Role } from '../../protocol/roles.ts';
import { decodeUploadHead, encodeUploadHead, type TransferJournal, type UploadHead, withLease } from './journal.ts';
import { partChunks, STREAM_PART_CHUNKS } from './parts.ts';
import { retryDelays, retrying } from './retry.ts';
import { SourceDiffers, sendParts } from './send-parts.ts';
import type { Source } from './source.ts';

export interface UploadRequest {
  readonly parcels: ParcelStore;
  readonly limits: DropLimits;
  /** The sender's own role: whose prefix the parcel lies under. */
  readonly role: Role;
  /** The caller opened it and closes it. */
  readonly source: Source;
  readonly mediaType?: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly burn: boolean;
  readonly journal: TransferJournal;
  readonly signal?: AbortSignal;
  /** Bytes of plaintext that are there; the total is undefined for a stream. Called once a part. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
  readonly now?: () => number;
  /** Pauses before further attempts of a part, in milliseconds. */
  readonly retryDelays?: readonly number[];
}

/** How long giving up an unfinished upload may take; the drop's own clean-up removes what is left. */
const ABANDON_TIMEOUT = 2000;

/** How often an upload begins anew by itself: of several drops, one after the other may fail in the middle of it. */
const mostRestarts = 4;

/**
 * Resolves once the parcel is visible in the drop; send the notice then, and clear the journal with it.
 * A resumed upload keeps its id and expiry; if anything in the source differs from what was sent, a new one starts.
 * @throws UsageError before anything is sent: `no-parcels`, `parcel-too-large`, `stay-too-long`; `source-changed`
 * where the source changed under way; SetupError `transfer-busy`; DropError where the drop fails (a later call goes
 * on from there); the signal's reason.
 */
export async function upload(request: UploadRequest): Promise<FileNotice> {
  const now = request.now ?? Date.now;
  checkLimits(request, now());
  return withLease(request.journal, request.signal, async (signal) => {
    let head = resumable(request, now());
    for (let starts = 0; ; starts++) {
      if (head === undefined) await abandonUpload(request);
      head ??= await begin(request, signal);
      try {
        return await run(request, head, signal);
      } catch (error) {
        if (starts === mostRestarts || !request.source.resumable || !mustStartOver(error)) throw error;
        head = undefined;
      }
    }
  });
}

/** Gives up what a journal remembers of an unfinished upload, in the drop and here. */
export async function abandonUpload(request: Pick<UploadRequest, 'parcels' | 'journal'>): Promise<void> {
  const saved = request.journal.loadHead();
  if (saved === undefined) return;
  const head = decodeUploadHead(saved);
  try {
    await request.parcels.abort(head.objectKey, head.ticket, { signal: AbortSignal.timeout(ABANDON_TIMEOUT) });
  } catch {
    // Nobody can see or finish it any more, and the drop removes such leftovers by itself; whatever made us give up
    // is what the user needs to hear of.
  }
  request.journal.clear();
}

function checkLimits({ limits, parcels, source, expiresAt }: UploadRequest, now: number): void {
  if (limits.parcelBytes === 0) {
    throw new UsageError('This drop keeps no files.', {
      code: 'no-parcels',
      hint: 'Add the channel anew with a drop that has a bucket, or over a folder.',
    });
  }
  const known = source.size ?? 0;
  if (known > MAX_FILE_BYTES || storedSize(known) > limits.parcelBytes) {
    throw tooLarge(Math.min(MAX_FILE_BYTES, limits.parcelBytes));
  }
  if (expiresAt - now > limits.parcelStay) {
    throw new UsageError(`This drop keeps files for at most ${hours(limits.parcelStay)}.`, {
      code: 'stay-too-long',
      hint: 'Ask for a shorter stay with --ttl.',
    });
  }
  if (expiresAt <= now) {
    throw new UsageError('The file would have expired before it is sent.', {
      code: 'stay-too-short',
      hint: 'Ask for a longer stay with --ttl.',
    });
  }
  if (parcels.maxParts < 1) throw new RangeError('a parcel store takes at least one part');
}

/** The upload that the journal remembers, if it can go on: same size, and an expiry that still is what was asked for. */
function resumable({ journal, source, expiresAt, role }: UploadRequest, now: number): UploadHead | undefined {
  const saved = journal.loadHead();
  if (saved === undefined || !source.resumable) return undefined;
  const head = decodeUploadHead(saved);
  const left = head.expiresAt - now;
  const asked = expiresAt - now;
  const fits = head.size === source.size && head.objectKey.startsWith(`${role}/`);
  return fits && left <= asked && left >= asked / 2 ? head : undefined;
}

async function begin(request: UploadRequest, signal: AbortSignal): Promise<UploadHead> {
  const { parcels, journal, source, role, expiresAt } = request;
  const objectKey = formatParcelKey(role, expiresAt, randomBytes(PARCEL_ID_BYTES));
  const ticket = await retrying(() => parcels.create(objectKey, { signal }), {
    signal,
    delays: request.retryDelays ?? retryDelays,
  });
  const head: UploadHead = {
    parcelId: new Uint8Array(randomBytes(PARCEL_ID_BYTES)),
    key: new Uint8Array(randomBytes(PARCEL_KEY_BYTES)),
    objectKey,
    ticket,
    expiresAt,
    chunksPerPart: partChunks(source.size, parcels),
    size: source.size,
  };
  journal.clear();
  journal.saveHead(encodeUploadHead(head));
  return head;
}

async function run(request: UploadRequest, head: UploadHead, signal: AbortSignal): Promise<FileNotice> {
  const { parcels, source, journal } = request;
  const delays = request.retryDelays ?? retryDelays;
  try {
    const sent = await sendParts({
      parcels,
      source,
      journal,
      head,
      key: createSecretKey(head.key),
      mostBytes: mostBytes(request),
      tooLarge: () => tooLarge(mostBytes(request)),
      signal,
      delays,
      onProgress: request.onProgress,
    });
    await source.verify();
    await retrying(() => parcels.complete(head.objectKey, head.ticket, sent.receipts, { signal }), { signal, delays });
    return notice(request, head, sent.size, hashTags(sent.seals));
  } catch (error) {
    // What can't be continued is not left lying in the drop.
    if (!source.resumable || error instanceof UsageError) await abandonUpload(request);
    throw error;
  }
}

function notice(request: UploadRequest, head: UploadHead, size: number, tagsHash: Uint8Array): FileNotice {
  return {
    id: head.parcelId,
    type: request.source.type,
    name: request.source.name,
    ...(request.mediaType === undefined ? {} : { mediaType: request.mediaType }),
    key: head.key,
    objectKey: head.objectKey,
    chunks: chunkCount(size),
    size,
    tagsHash: new Uint8Array(tagsHash),
    expiresAt: head.expiresAt,
    burn: request.burn,
  };
}

/** Stored bytes that a stream may reach before it is too large for its parts or for the drop. */
function mostBytes({ limits, parcels, source }: UploadRequest): number {
  if (source.size !== undefined) return limits.parcelBytes;
  const parts = storedSize(Math.max(STREAM_PART_CHUNKS, partChunks(undefined, parcels)) * CHUNK_BYTES);
  return Math.min(limits.parcelBytes, parts * parcels.maxParts);
}

/** The source is no longer what was sent, or the drop has forgotten the upload. */
function mustStartOver(error: unknown): boolean {
  return error instanceof SourceDiffers || (error instanceof DropError && error.code === 'no-such-upload');
}

function tooLarge(most: number): UsageError {
  return new UsageError(`This is too large for the drop, which takes files of up to ${size(most)}.`, {
    code: 'parcel-too-large',
    hint: 'Split it, or use a drop that takes larger files. What is piped in may be larger from a file.',
  });
}

function size(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${Math.floor((bytes / 1024 ** power) * 10) / 10} ${units[power]}`;
}

function hours(milliseconds: number): string {
  const count = Math.floor(milliseconds / 3_600_000);
  return count >= 48 ? `${Math.floor(count / 24)} days` : `${count} hours`;
}

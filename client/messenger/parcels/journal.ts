/**
 * What a transfer remembers so that it can go on after a cut or a kill. The store keeps it (sealed: a head holds the
 * parcel's key); every call is synchronous and has happened, durably, when it returns. One journal is one transfer of
 * one file: the caller finds it again by what is being sent or fetched.
 *
 * A transfer that succeeded leaves its journal in place: the caller clears it in the same transaction that records
 * the result. If the process dies in between, the next `upload` or `download` finds everything done and returns the
 * same result again.
 */
import { SetupError } from '../../errors.ts';
import { ByteReader, ByteWriter, malformed } from '../../protocol/bytes.ts';

export interface JournalPart {
  /** From 1. */
  readonly number: number;
  /** The drop's receipt; empty for downloads. */
  readonly receipt: string;
  /** Nonce and tag of each chunk in order, 28 bytes each. */
  readonly seals: Uint8Array;
}

export interface TransferJournal {
  /**
   * Takes the lease for this process, or renews it, until that time (milliseconds since 1970); false where another
   * process holds one that has not run out. A store may free the lease of a process that it knows to be gone.
   */
  takeLease(until: number): boolean;
  releaseLease(): void;
  /** The transfer's own notes, opaque to the store. */
  loadHead(): Uint8Array | undefined;
  saveHead(head: Uint8Array): void;
  /** Adds a finished part, in place of one with the same number. */
  addPart(part: JournalPart): void;
  /** All finished parts, in any order. */
  parts(): Iterable<JournalPart>;
  /** Forgets head and parts; the lease stays. */
  clear(): void;
}

const UPLOAD = 1;
const DOWNLOAD = 2;

export interface UploadHead {
  readonly parcelId: Uint8Array;
  readonly key: Uint8Array;
  readonly objectKey: string;
  readonly ticket: string;
  readonly expiresAt: number;
  readonly chunksPerPart: number;
  /** Undefined where it was not known beforehand; such an upload can't be resumed, only given up. */
  readonly size: number | undefined;
}

export interface DownloadHead {
  readonly parcelId: Uint8Array;
  readonly tagsHash: Uint8Array;
  /** The temporary file, absolute. */
  readonly temporary: string;
  /** Set before the result gets its final name: that name, and which file it is (`device:inode`). */
  readonly placing?: { readonly path: string; readonly identity: string };
}

export function encodeUploadHead(head: UploadHead): Uint8Array {
  return new ByteWriter()
    .u8(UPLOAD)
    .fixed(head.parcelId)
    .fixed(head.key)
    .text(head.objectKey)
    .text(head.ticket)
    .varint(head.expiresAt)
    .varint(head.chunksPerPart)
    .varint(head.size === undefined ? 0 : head.size + 1)
    .finish();
}

export function decodeUploadHead(bytes: Uint8Array): UploadHead {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== UPLOAD) throw malformed('a journal is not that of an upload');
  const parcelId = Uint8Array.from(reader.fixed(16));
  const key = Uint8Array.from(reader.fixed(32));
  const objectKey = reader.text();
  const ticket = reader.text();
  const expiresAt = reader.varint();
  const chunksPerPart = reader.varint();
  const size = reader.varint();
  reader.end();
  return { parcelId, key, objectKey, ticket, expiresAt, chunksPerPart, size: size === 0 ? undefined : size - 1 };
}

export function encodeDownloadHead(head: DownloadHead): Uint8Array {
  return new ByteWriter()
    .u8(DOWNLOAD)
    .fixed(head.parcelId)
    .fixed(head.tagsHash)
    .text(head.temporary)
    .text(head.placing?.path ?? '')
    .text(head.placing?.identity ?? '')
    .finish();
}

export function decodeDownloadHead(bytes: Uint8Array): DownloadHead {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== DOWNLOAD) throw malformed('a journal is not that of a download');
  const parcelId = Uint8Array.from(reader.fixed(16));
  const tagsHash = Uint8Array.from(reader.fixed(32));
  const temporary = reader.text();
  const path = reader.text();
  const identity = reader.text();
  reader.end();
  return { parcelId, tagsHash, temporary, ...(path === '' ? {} : { placing: { path, identity } }) };
}

/** How long a lease lasts unless renewed, and how often it is renewed, in milliseconds. */
const LEASE = 20_000;
const RENEWAL = 5_000;

/**
 * Runs `work` while holding the journal's lease, by the machine's clock, which is what processes share. Its signal
 * aborts with the given one, or when the lease was lost.
 * @throws SetupError with code `transfer-busy` where another process is at it.
 */
export async function withLease<T>(
  journal: TransferJournal,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  if (!journal.takeLease(Date.now() + LEASE)) throw busy('Another btr process is already transferring this file.');
  const lost = new AbortController();
  const renew = (): void => {
    try {
      if (!journal.takeLease(Date.now() + LEASE)) lost.abort(busy('Another btr process has taken over this transfer.'));
    } catch (error) {
      lost.abort(error);
    }
  };
  const timer = setInterval(renew, RENEWAL);
  try {
    return await work(signal === undefined ? lost.signal : AbortSignal.any([signal, lost.signal]));
  } finally {
    clearInterval(timer);
    journal.releaseLease();
  }
}

function busy(what: string): SetupError {
  return new SetupError(what, { code: 'transfer-busy', hint: 'Let it finish, or stop it and try again.' });
}

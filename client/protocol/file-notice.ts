/**
 * What the frame of a file carries: everything needed to fetch the parcel and to know that it is the right one.
 *
 *     version (u8 = 1) | id (16) | type (u8: 0 file, 1 directory, 2 stream) | name (text) | media type (text, may be
 *     empty) | key (32) | object key (text) | chunks (varint) | size (varint) | tags hash (32) | expires at (varint) |
 *     burn (u8: 0 or 1)
 */
import { ByteReader, ByteWriter, malformed } from './bytes.ts';
import { parseParcelKey, roundUpToHour } from './parcel-key.ts';

const VERSION = 1;
const CHUNK_BYTES = 1_048_576;
/** Largest plaintext that is believed: 2^50 bytes. */
export const MAX_FILE_BYTES = 2 ** 50;
const MAX_NAME_BYTES = 1024;
/** RFC 6838, section 4.2: a type and a subtype of restricted names. */
const mediaTypePattern = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;

/** A regular file; a directory as a tar stream; or what somebody piped in. */
export const fileTypes = ['file', 'directory', 'stream'] as const;
export type FileType = (typeof fileTypes)[number];

export interface FileNotice {
  /** 16 random bytes: names the parcel to people, and is part of every chunk's associated data. */
  readonly id: Uint8Array;
  readonly type: FileType;
  /** As the sender wrote it, 1 to 1024 bytes of UTF-8. Not to be trusted: it may hold anything, `../` and control characters included. */
  readonly name: string;
  readonly mediaType?: string;
  /** 32 bytes, for this parcel alone. */
  readonly key: Uint8Array;
  /** Where it lies in the drop; always well formed, but whose role it names is for the caller to check. */
  readonly objectKey: string;
  readonly chunks: number;
  /** Bytes of plaintext. */
  readonly size: number;
  /** SHA-256 of all chunk tags in order. */
  readonly tagsHash: Uint8Array;
  /** Milliseconds since 1970; the drop removes the parcel at the next full hour. */
  readonly expiresAt: number;
  /** Whether the receiver is asked to remove it from the drop once it is safely stored. */
  readonly burn: boolean;
}

/** @throws SecurityError with code `malformed` where the notice could not be decoded again. */
export function encodeFileNotice(notice: FileNotice): Buffer {
  check(notice);
  return new ByteWriter(256)
    .u8(VERSION)
    .fixed(notice.id)
    .u8(fileTypes.indexOf(notice.type))
    .text(notice.name)
    .text(notice.mediaType ?? '')
    .fixed(notice.key)
    .text(notice.objectKey)
    .varint(notice.chunks)
    .varint(notice.size)
    .fixed(notice.tagsHash)
    .varint(notice.expiresAt)
    .u8(notice.burn ? 1 : 0)
    .finish();
}

/** @throws SecurityError with code `malformed` for anything but one whole notice of a version known here. */
export function decodeFileNotice(bytes: Uint8Array): FileNotice {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== VERSION) throw malformed(`a file notice of version ${version} is not known here`);
  const id = Uint8Array.from(reader.fixed(16));
  const type = fileTypes[reader.u8()];
  if (type === undefined) throw malformed('a file is of no known type');
  const name = reader.text();
  const mediaType = reader.text();
  const key = Uint8Array.from(reader.fixed(32));
  const objectKey = reader.text();
  const chunks = reader.varint();
  const size = reader.varint();
  const tagsHash = Uint8Array.from(reader.fixed(32));
  const expiresAt = reader.varint();
  const burn = reader.u8();
  if (burn > 1) throw malformed('a flag is neither 0 nor 1');
  reader.end();
  const notice: FileNotice = {
    id,
    type,
    name,
    ...(mediaType === '' ? {} : { mediaType }),
    key,
    objectKey,
    chunks,
    size,
    tagsHash,
    expiresAt,
    burn: burn === 1,
  };
  check(notice);
  return notice;
}

function check(notice: FileNotice): void {
  if (notice.id.length !== 16 || notice.key.length !== 32 || notice.tagsHash.length !== 32) {
    throw malformed('an id, key or hash has the wrong length');
  }
  const nameBytes = Buffer.byteLength(notice.name, 'utf8');
  if (nameBytes < 1 || nameBytes > MAX_NAME_BYTES) throw malformed('a file name is empty or too long');
  if (!notice.name.isWellFormed()) throw malformed('a file name is not UTF-8');
  if (notice.mediaType !== undefined && !mediaTypePattern.test(notice.mediaType)) {
    throw malformed('a media type is not one');
  }
  if (!Number.isSafeInteger(notice.size) || notice.size < 0 || notice.size > MAX_FILE_BYTES) {
    throw malformed('the size of a file is out of range');
  }
  if (notice.chunks !== Math.max(1, Math.ceil(notice.size / CHUNK_BYTES))) {
    throw malformed('the number of chunks does not fit the size of the file');
  }
  const place = parseParcelKey(notice.objectKey);
  if (place === undefined) throw malformed('an object key is not one of ours');
  if (place.expiresAt !== roundUpToHour(notice.expiresAt)) throw malformed('two expiries differ');
}

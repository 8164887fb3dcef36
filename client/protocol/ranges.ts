/**
 * Sets of sequence numbers as ranges, and the frames made of them: acknowledgements, requests to send again, and the
 * answer that something is gone.
 *
 *     ranges          = count (varint) | (first - end of the one before (varint) | length (varint))*
 *     acknowledgement = count (varint) | (stream (16) | next (varint) | ranges)*
 *     resend          = stream (16) | attempt (varint) | ranges
 *     gone            = stream (16) | ranges
 */
import { ByteReader, ByteWriter, malformed } from './bytes.ts';
import { maxSeq, streamBytes } from './frames.ts';

/** Numbers from `first` up to and including `last`. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** More than this are left for the next acknowledgement. */
export const maxRanges = 256;

/** Joins ascending numbers to ranges. */
export function toRanges(ascending: Iterable<number>): Range[] {
  const ranges: Range[] = [];
  let open: { first: number; last: number } | undefined;
  for (const number of ascending) {
    if (open && number === open.last + 1) {
      open.last = number;
      continue;
    }
    open = { first: number, last: number };
    ranges.push(open);
  }
  return ranges;
}

/** What is missing between `next`, the lowest number not received, and the highest held one. */
export function gaps(next: number, held: readonly Range[]): Range[] {
  const missing: Range[] = [];
  let from = next;
  for (const range of held) {
    if (range.first > from) missing.push({ first: from, last: range.first - 1 });
    from = range.last + 1;
  }
  return missing;
}

/** What is left of a range without the ones given. */
export function without(range: Range, present: readonly Range[]): Range[] {
  const left: Range[] = [];
  let first = range.first;
  for (const hole of present) {
    if (hole.first > first) left.push({ first, last: hole.first - 1 });
    first = hole.last + 1;
  }
  if (first <= range.last) left.push({ first, last: range.last });
  return left;
}

/** `3`, `5-7`, for a person. */
export function formatRanges(ranges: readonly Range[]): string {
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
}

/** What one side has of one stream of the other: everything below `next`, and the ranges held behind a gap. */
export interface Acknowledgement {
  readonly stream: Uint8Array;
  readonly next: number;
  readonly held: readonly Range[];
}

export interface ResendRequest {
  readonly stream: Uint8Array;
  readonly attempt: number;
  readonly ranges: readonly Range[];
}

interface GoneNotice {
  readonly stream: Uint8Array;
  readonly ranges: readonly Range[];
}

export function encodeAcknowledgements(list: readonly Acknowledgement[]): Buffer {
  const writer = new ByteWriter().varint(list.length);
  for (const { stream, next, held } of list) writeRanges(writer.fixed(stream).varint(next), held);
  return writer.finish();
}

export function decodeAcknowledgements(content: Uint8Array): Acknowledgement[] {
  const reader = new ByteReader(content);
  const list: Acknowledgement[] = [];
  for (let count = reader.varint(); count > 0; count--) {
    list.push({ stream: reader.fixed(streamBytes), next: readNext(reader), held: readRanges(reader) });
  }
  reader.end();
  return list;
}

export function encodeResend({ stream, attempt, ranges }: ResendRequest): Buffer {
  return writeRanges(new ByteWriter().fixed(stream).varint(attempt), ranges).finish();
}

export function decodeResend(content: Uint8Array): ResendRequest {
  const reader = new ByteReader(content);
  const request = { stream: reader.fixed(streamBytes), attempt: reader.varint(), ranges: readRanges(reader) };
  reader.end();
  return request;
}

export function encodeGone({ stream, ranges }: GoneNotice): Buffer {
  return writeRanges(new ByteWriter().fixed(stream), ranges).finish();
}

export function decodeGone(content: Uint8Array): GoneNotice {
  const reader = new ByteReader(content);
  const notice = { stream: reader.fixed(streamBytes), ranges: readRanges(reader) };
  reader.end();
  return notice;
}

function writeRanges(writer: ByteWriter, ranges: readonly Range[]): ByteWriter {
  const written = ranges.slice(0, maxRanges);
  writer.varint(written.length);
  let end = 0;
  for (const { first, last } of written) {
    writer.varint(first - end).varint(last - first + 1);
    end = last;
  }
  return writer;
}

/** One past the highest number that something came under. */
function readNext(reader: ByteReader): number {
  const next = reader.varint();
  if (next > maxSeq + 1) throw malformed('a number is too high');
  return next;
}

function readRanges(reader: ByteReader): Range[] {
  const count = reader.varint();
  if (count > maxRanges) throw malformed('too many ranges');
  const ranges: Range[] = [];
  let end = 0;
  for (let index = 0; index < count; index++) {
    const first = end + reader.varint();
    const last = first + (reader.varint() - 1);
    if (first <= end || last < first || last > maxSeq) throw malformed('a range is out of order');
    ranges.push({ first, last });
    end = last;
  }
  return ranges;
}

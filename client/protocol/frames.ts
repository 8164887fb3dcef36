/**
 * Frames are what members say to each other; a packet is the content of one envelope: the sender's stream and some
 * frames.
 *
 *     packet  = version (1) | stream (16) | frame*
 *     frame   = kind (1) | length (varint) | fields
 *     kept    = seq (varint) | id (16) | sent at, ms since 1970 (varint) | content      kinds 0x01 to 0x7f
 *     passing = deadline, ms since 1970 or 0 (varint) | content                         kinds 0x80 to 0xff
 *
 * Kept frames are numbered from 1 within a stream, acknowledged, shown once and in order. Passing frames are neither
 * numbered nor acknowledged, and worthless after their deadline. A receiver keeps the number of a kept frame of a kind
 * it does not know, and skips passing ones, so that a newer client can talk with an older one.
 */
import { ByteReader, ByteWriter, malformed } from './bytes.ts';

const packetVersion = 1;
export const streamBytes = 16;
export const frameIdBytes = 16;

/** Numbers and times above these make no sense; sums of them are still exact, and times are dates of RFC 3339. */
export const maxSeq = 2 ** 48;
export const maxTime = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

export const frameKinds = {
  text: 0x01,
  file: 0x02,
  recall: 0x03,
  timed: 0x04,
  confirm: 0x05,
  renewal: 0x06,
  dropKey: 0x07,
  restored: 0x08,
  drop: 0x09,
  acknowledgement: 0x80,
  resend: 0x81,
  gone: 0x82,
  bind: 0x83,
} as const;

export const controlKinds: readonly number[] = [
  frameKinds.confirm,
  frameKinds.renewal,
  frameKinds.dropKey,
  frameKinds.restored,
  frameKinds.drop,
];

/** Kept frames that clients say to each other: numbered and acknowledged as all, and shown to nobody. */
export function isControl(kind: number): boolean {
  return controlKinds.includes(kind);
}

export interface KeptFrame {
  readonly kind: number;
  readonly seq: number;
  readonly id: Uint8Array;
  readonly sentAt: number;
  readonly content: Uint8Array;
}

export interface PassingFrame {
  readonly kind: number;
  readonly deadline: number;
  readonly content: Uint8Array;
}

export interface Packet {
  readonly stream: Uint8Array;
  readonly kept: readonly KeptFrame[];
  readonly passing: readonly PassingFrame[];
}

/** Most bytes a frame adds to its content: kind, length, number, id and time at their longest. */
export const frameOverhead = 1 + 8 + 8 + frameIdBytes + 8;
export const packetOverhead = 1 + streamBytes;

export function encodePacket(packet: Packet): Buffer {
  const writer = new ByteWriter(4096).u8(packetVersion).fixed(packet.stream);
  for (const frame of packet.kept) {
    const head = new ByteWriter(40).varint(frame.seq).fixed(frame.id).varint(frame.sentAt).finish();
    writer
      .u8(frame.kind)
      .varint(head.length + frame.content.length)
      .fixed(head)
      .fixed(frame.content);
  }
  for (const frame of packet.passing) {
    const head = new ByteWriter(8).varint(frame.deadline).finish();
    writer
      .u8(frame.kind)
      .varint(head.length + frame.content.length)
      .fixed(head)
      .fixed(frame.content);
  }
  return writer.finish();
}

/** @throws SecurityError with code `malformed`, also for a packet of a newer version. */
export function decodePacket(bytes: Uint8Array): Packet {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== packetVersion) throw malformed(`packet version ${version} is not known`);
  const stream = reader.fixed(streamBytes);
  const kept: KeptFrame[] = [];
  const passing: PassingFrame[] = [];
  while (reader.left > 0) {
    const kind = reader.u8();
    const fields = new ByteReader(reader.bytes());
    if (kind >= 0x80) passing.push({ kind, deadline: readTime(fields), content: fields.rest() });
    else if (kind > 0) kept.push(decodeKept(kind, fields));
    else throw malformed('a frame has no kind');
  }
  return { stream, kept, passing };
}

function decodeKept(kind: number, fields: ByteReader): KeptFrame {
  const seq = fields.varint();
  if (seq === 0) throw malformed('numbers start at 1');
  if (seq > maxSeq) throw malformed('a number is too high');
  return { kind, seq, id: fields.fixed(frameIdBytes), sentAt: readTime(fields), content: fields.rest() };
}

/** Milliseconds since 1970. @throws SecurityError with code `malformed` past the last day of the year 9999. */
export function readTime(reader: ByteReader): number {
  const time = reader.varint();
  if (time > maxTime) throw malformed('a time is too late');
  return time;
}

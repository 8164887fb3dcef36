/**
 * A message that vanishes: the content of a kept frame of kind `timed`. It holds what a message of its own would hold,
 * and how long both sides keep it.
 *
 *     timed = timer, ms (varint) | kind (u8) | content
 *
 * The sender counts from when it sent, the receiver from when it was shown. The kind is `text`, `file`, or one from
 * 0x01 to 0x7f that is not known here, which is skipped as it would be without a timer.
 */
import { ByteReader, ByteWriter, malformed } from './bytes.ts';
import { frameKinds } from './frames.ts';

const knownKinds: ReadonlySet<number> = new Set(Object.values(frameKinds));

/** Timers last from a second to ten years, in milliseconds. */
const minTimer = 1000;
const maxTimer = 3650 * 86_400_000;

/** Most bytes that a timer adds to a message: `maxTimer` as a varint, and the kind. */
export const timedOverhead = 6 + 1;

interface Timed {
  /** Milliseconds. */
  readonly timer: number;
  readonly kind: number;
  readonly content: Uint8Array;
}

/** @throws SecurityError with code `malformed` where it could not be decoded again. */
export function encodeTimed(timed: Timed): Buffer {
  check(timed);
  const { timer, kind, content } = timed;
  return new ByteWriter(content.length + timedOverhead).varint(timer).u8(kind).fixed(content).finish();
}

/** @throws SecurityError with code `malformed`. */
export function decodeTimed(bytes: Uint8Array): Timed {
  const reader = new ByteReader(bytes);
  const timed = { timer: reader.varint(), kind: reader.u8(), content: reader.rest() };
  check(timed);
  return timed;
}

function check({ timer, kind }: Timed): void {
  if (!isTimer(timer)) throw malformed('a timer is out of range');
  if (!isMessage(kind)) throw malformed('what has a timer is not a message');
}

export function isTimer(timer: number): boolean {
  return Number.isInteger(timer) && timer >= minTimer && timer <= maxTimer;
}

/** A text or a file; or what only a newer client knows, which may be a message. */
function isMessage(kind: number): boolean {
  if (kind === frameKinds.text || kind === frameKinds.file) return true;
  return kind > 0 && kind < 0x80 && !knownKinds.has(kind);
}

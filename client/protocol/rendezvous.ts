/**
 * Where two sides meet without a word: each computes, from a key that both have, the same drop for the same hour. By
 * highest random weight, so that a drop that is added or removed moves no meeting but those at that drop (Thaler and
 * Ravishankar, "A Name-Based Mapping Scheme for Rendezvous").
 *
 *     weight of a drop = HMAC-SHA-256(key, hours since 1970 (8 bytes, big endian) | the drop's tag, as ASCII)
 *
 * The drops in the order of the meeting are those with the greatest weight first, compared byte by byte.
 */
import { createHmac } from 'node:crypto';

/** Length of a period in milliseconds. */
export const meetingPeriod = 3_600_000;

/**
 * All drops in the order in which a sender takes them in this period.
 * @param key 32 bytes that both sides have and nobody else.
 * @param tags of the channel's drops, in any order.
 * @param time milliseconds since 1970.
 */
export function meetingOrder(key: Uint8Array, tags: readonly string[], time: number): string[] {
  const period = Buffer.alloc(8);
  period.writeBigInt64BE(BigInt(Math.floor(time / meetingPeriod)));
  return tags
    .map((tag) => ({ tag, weight: createHmac('sha256', key).update(period).update(tag, 'ascii').digest() }))
    .sort((one, other) => Buffer.compare(other.weight, one.weight))
    .map(({ tag }) => tag);
}

/** The drop of this period. @throws RangeError where there is no drop. */
export function meetingPlace(key: Uint8Array, tags: readonly string[], time: number): string {
  const [first] = meetingOrder(key, tags, time);
  if (first === undefined) throw new RangeError('there is nowhere to meet');
  return first;
}

/**
 * The drops at which somebody may be whose clock is off by up to half a period: this period's first, then that of the
 * nearer neighbour where it is another.
 */
export function meetingPlaces(key: Uint8Array, tags: readonly string[], time: number): string[] {
  const half = meetingPeriod / 2;
  const times = [time, time - half, time + half];
  return [...new Set(times.map((at) => meetingPlace(key, tags, at)))];
}

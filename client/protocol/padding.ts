/** The few sizes that a drop ever sees, so that a length tells little. */

const KiB = 1024;

/** Sizes of a queue body as text. Each holds a whole number of bytes: 4 characters of base64url are 3 bytes. */
export const bodyTextSizes = [1 * KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, 1024 * KiB] as const;

/** What waits is packed into envelopes of at most this much text: SQS bills each 64 KiB as one request. */
export const coalescedTextSize = 64 * KiB;

/** Bytes in a body of so much text. */
export function bytesInText(textSize: number): number {
  return (textSize / 4) * 3;
}

/**
 * The padded size in bytes of an envelope with this many bytes: what fills the next body size or, past the largest,
 * the next power of two (such an envelope lies in the parcel store, with a pointer in the queue).
 */
export function paddedBytes(bytes: number): number {
  for (const size of bodyTextSizes) if (bytes <= bytesInText(size)) return bytesInText(size);
  return 2 ** Math.ceil(Math.log2(bytes));
}

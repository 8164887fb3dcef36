/**
 * What goes over the socket of the agent that `btr unlock` leaves behind. All of fixed length, and never as a string,
 * which could not be wiped.
 *
 *     start, on the agent's stdin   master key (32) | binding (32) | milliseconds (8, big-endian double)
 *     request                       what (1) | binding (32)
 *     answer                        status (1) | master key (32), zeros where the status is not `given`
 *
 * The binding stands for the key file as the asker reads it: see key-file.ts.
 */
import { masterBytes } from './key-wrap.ts';

export const bindingBytes = 32;

export const requests = { key: 1, lock: 2 } as const;
export const requestBytes = 1 + bindingBytes;

/** `void`: the key file is another one than the agent was started for. */
export const statuses = { given: 0, void: 1, over: 2 } as const;
export const answerBytes = 1 + masterBytes;

export const startBytes = masterBytes + bindingBytes + 8;

export interface Start {
  readonly master: Buffer;
  readonly binding: Buffer;
  readonly milliseconds: number;
}

export function encodeStart({ master, binding, milliseconds }: Start): Buffer {
  const bytes = Buffer.alloc(startBytes);
  master.copy(bytes, 0);
  binding.copy(bytes, masterBytes);
  bytes.writeDoubleBE(milliseconds, masterBytes + bindingBytes);
  return bytes;
}

/** Shares the memory of `bytes`. Absent where they are not a start. */
export function decodeStart(bytes: Buffer): Start | undefined {
  if (bytes.length !== startBytes) return undefined;
  const milliseconds = bytes.readDoubleBE(masterBytes + bindingBytes);
  const binding = bytes.subarray(masterBytes, masterBytes + bindingBytes);
  return milliseconds > 0 ? { master: bytes.subarray(0, masterBytes), binding, milliseconds } : undefined;
}

/** Reads a stream to its end, at most `limit` bytes, and wipes its pieces. Absent where there is more. */
export async function readAll(stream: AsyncIterable<Buffer>, limit: number): Promise<Buffer | undefined> {
  const whole = Buffer.alloc(limit);
  let length = 0;
  for await (const piece of stream) {
    if (length + piece.length > limit) return undefined;
    piece.copy(whole, length);
    length += piece.length;
    piece.fill(0);
  }
  return whole.subarray(0, length);
}

/** What the sources share: reading a file to the end of a request, and noticing that it changed. */
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { UsageError } from '../../errors.ts';

/** Reads `wanted` bytes from `position` into the pieces, in order; fewer only where the file ends. */
export async function readFully(
  file: FileHandle,
  position: number,
  pieces: readonly Uint8Array[],
  wanted: number,
): Promise<number> {
  let done = 0;
  while (done < wanted) {
    const { bytesRead } = await file.readv(window(pieces, done, wanted - done), position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** The views on pieces that cover `length` bytes from `offset` of what they are together. */
export function window(pieces: readonly Uint8Array[], offset: number, length: number): Uint8Array[] {
  const views: Uint8Array[] = [];
  let skip = offset;
  let left = length;
  for (const piece of pieces) {
    if (left === 0) break;
    if (skip >= piece.length) {
      skip -= piece.length;
      continue;
    }
    const view = piece.subarray(skip, skip + left);
    views.push(view);
    left -= view.length;
    skip = 0;
  }
  return views;
}

/** Whether two looks at a file saw the same content, as far as size, place and time of change tell. */
export function sameFile(one: BigIntStats, two: BigIntStats): boolean {
  return one.dev === two.dev && one.ino === two.ino && one.size === two.size && one.mtimeNs === two.mtimeNs;
}

export function sourceChanged(path: string): UsageError {
  return new UsageError(`${path} changed while it was being sent, so nothing of it was sent.`, {
    code: 'source-changed',
    hint: 'Send it again once nobody writes to it any more, or send a copy of it.',
  });
}

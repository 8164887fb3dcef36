/** Large files to send, and how to see that one arrived as it was. */
import { randomFillSync } from 'node:crypto';
import { open, truncate, writeFile } from 'node:fs/promises';

const block = 8 * 1024 * 1024;

/** A file without repetition. */
export async function makeFile(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'wx');
  const buffer = Buffer.allocUnsafe(Math.min(block, bytes));
  for (let at = 0; at < bytes; at += buffer.length) {
    randomFillSync(buffer);
    await file.write(buffer, 0, Math.min(buffer.length, bytes - at), at);
  }
  await file.close();
}

/** A file of zeros that takes all the room it says. */
export async function makeZeros(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'wx');
  const zeros = Buffer.alloc(block);
  for (let at = 0; at < bytes; at += block) await file.write(zeros);
  await file.close();
}

/** A file of zeros that takes no room. */
export async function makeHollowFile(path: string, bytes: number): Promise<void> {
  await writeFile(path, '');
  await truncate(path, bytes);
}

/** @throws Error where two files differ. */
export async function assertSame(one: string, other: string): Promise<void> {
  const [left, right] = [await open(one), await open(other)];
  try {
    const [here, there] = [Buffer.alloc(block), Buffer.alloc(block)];
    for (let at = 0; ; ) {
      const [a, b] = [await left.read(here, 0, block, at), await right.read(there, 0, block, at)];
      const same = here.subarray(0, a.bytesRead).equals(there.subarray(0, b.bytesRead));
      if (!same) throw new Error(`${other} is not what ${one} is`);
      if (a.bytesRead === 0) return;
      at += a.bytesRead;
    }
  } finally {
    await Promise.all([left.close(), right.close()]);
  }
}

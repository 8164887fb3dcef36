/** A file of random bytes for the demo, and its hash. */
import { createHash, randomFillSync } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

const pieceBytes = 1024 * 1024;

/** Writes so many random bytes and answers their SHA-256. */
export async function randomFile(path: string, bytes: number): Promise<{ path: string; hash: Buffer }> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  try {
    const piece = Buffer.alloc(pieceBytes);
    for (let left = bytes; left > 0; left -= pieceBytes) {
      const part = randomFillSync(piece).subarray(0, Math.min(left, pieceBytes));
      hash.update(part);
      await file.write(part);
    }
  } finally {
    await file.close();
  }
  return { path, hash: hash.digest() };
}

export async function hashFile(path: string): Promise<Buffer> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: pieceBytes }), hash);
  return hash.digest();
}

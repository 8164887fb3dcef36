/** Which file a path names. */
import { stat } from 'node:fs/promises';

/** Tells files apart also where an inode is used again: `device:inode:birth in nanoseconds`. */
export async function fileIdentity(path: string): Promise<string> {
  const { dev, ino, birthtimeNs } = await stat(path, { bigint: true });
  return `${dev}:${ino}:${birthtimeNs}`;
}

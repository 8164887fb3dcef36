/** Which file a path names. */
import { stat } from 'node:fs/promises';

/**
 * Tells files apart also where an inode is used again: `inode:birth in nanoseconds`. The device's number is left out:
 * it is another after the disk was mounted again.
 */
export async function fileIdentity(path: string): Promise<string> {
  const { ino, birthtimeNs } = await stat(path, { bigint: true });
  return `${ino}:${birthtimeNs}`;
}

/** Whether it is the same file. @param noted as fileIdentity, or an older version with the device in front, wrote it. */
export function isSameFile(noted: string | undefined, file: string): boolean {
  return noted === file || (noted?.endsWith(`:${file}`) ?? false);
}

/** The temporary file of a download: hidden, for this user only, in the folder where the result will be. */
import { constants } from 'node:fs';
import { type FileHandle, open, rm, statfs } from 'node:fs/promises';
import { errorCode } from '../../errors.ts';
import { diskFull } from './local-errors.ts';
import { window } from './source-reading.ts';

const noFollow = constants.O_NOFOLLOW ?? 0;

/** Makes the file; a link or a file that is there already is an error, not followed and not used. */
export async function createTemporary(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | noFollow, 0o600);
}

/** Opens the file of an earlier attempt, or undefined where it is gone or no longer a file of its own. */
export async function reopenTemporary(path: string): Promise<FileHandle | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDWR | noFollow);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw error;
  }
  const found = await file.stat();
  if (found.isFile() && found.nlink === 1) return file;
  await file.close();
  return undefined;
}

/** The folder that a tar archive is unpacked into, beside the archive. */
export function unpackFolder(temporary: string): string {
  return temporary.replace(/\.part$/, '.dir');
}

export async function removeTemporary(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(unpackFolder(path), { recursive: true, force: true });
}

/** @throws DiskFullError where so many more bytes can't fit, as far as the file system says. */
export async function checkSpace(folder: string, bytes: number): Promise<void> {
  const space = await statfs(folder);
  // Some network file systems know nothing and say zero blocks in all.
  if (space.blocks > 0 && space.bavail * space.bsize < bytes) throw diskFull(folder);
}

/** Writes all pieces, one behind the other, from `position`. */
export async function writeFully(file: FileHandle, position: number, pieces: readonly Uint8Array[]): Promise<void> {
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  let done = 0;
  while (done < total) {
    const { bytesWritten } = await file.writev(window(pieces, done, total - done), position + done);
    done += bytesWritten;
  }
}

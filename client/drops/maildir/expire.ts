/** Removes what stayed past its time, of both sides. What is not of btr stays, whatever its name. */
import type { ExpireOptions, ExpiryReport } from '../expiry.ts';
import { fileSystemTime } from './clock.ts';
import { folderError, isFileError } from './errors.ts';
import type { FileSystem } from './file-system.ts';
import { removeFile } from './files.ts';
import { folderLimits } from './limits.ts';
import { checkDropIn } from './marker.ts';
import { dueFiles } from './sweep.ts';

const DAY = 86_400_000;

/**
 * Of this machine's clock and the file system's, the earlier one says what has passed and the later one what is too
 * far ahead, by more than a day: with one of them wrong, nothing fresh is removed.
 *
 * @param id of the drop; another folder in its place is refused. @throws DropError.
 */
export async function expireFiles(
  files: FileSystem,
  id: string | undefined,
  { now, signal }: ExpireOptions,
): Promise<ExpiryReport> {
  const counts = { removed: 0, aborted: 0, failed: 0 };
  try {
    if (id !== undefined) await checkDropIn(files, id);
    const times = [now, await fileSystemTime(files, 'a-to-b')];
    const bounds = { passed: Math.min(...times), longest: Math.max(...times) + folderLimits.parcelStay + DAY };
    for (const role of ['a', 'b'] as const) {
      for await (const file of dueFiles(files, role, bounds)) {
        signal?.throwIfAborted();
        if (!(await isRemoved(files, file.path))) counts.failed += 1;
        else if (file.kind === 'part') counts.aborted += 1;
        else counts.removed += 1;
      }
    }
  } catch (error) {
    throw folderError(error, files.name);
  }
  return { ...counts, finished: true };
}

/** A file that may not be removed, as another account's in a shared folder, is no reason to leave the others. */
async function isRemoved(files: FileSystem, path: string): Promise<boolean> {
  try {
    await removeFile(files, path);
    return true;
  } catch (error) {
    if (!isFileError(error)) throw error;
    return false;
  }
}

/** What this machine's disk says when it can't do something, in words, with the next step. */
import { BtrError, DiskFullError, errorCode, errorText, SetupError } from '../../errors.ts';

/**
 * Runs `work` on local files below `where`; system errors become SetupErrors (exit code 3: it is this machine that
 * needs a hand), a full disk a DiskFullError, and everything else passes through.
 */
export async function onDisk<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explainDiskError(where, error);
  }
}

export function explainDiskError(where: string, error: unknown): unknown {
  const code = errorCode(error);
  if (error instanceof BtrError || code === undefined || !isSystemError(error)) return error;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return diskFull(where, error);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new SetupError(`Nothing can be written in ${where}: permission is denied.`, {
        code: 'folder-not-writable',
        hint: 'Choose another folder, or change its permissions.',
        cause: error,
      });
    case 'EFBIG':
      return new SetupError(`The disk of ${where} takes no file of that size.`, {
        code: 'file-too-large',
        hint: 'Choose a folder on another disk. What was fetched so far is kept.',
        cause: error,
      });
    case 'ENOENT':
    case 'ENOTDIR':
      return new SetupError(`The folder ${where} is not there, or something in it went away.`, {
        code: 'no-such-folder',
        hint: 'Make the folder, or choose another one, and try again.',
        cause: error,
      });
    default:
      return new SetupError(`The disk could not do what was needed in ${where}: ${errorText(error)}.`, {
        code: 'disk-failed',
        hint: 'Look at the disk, or choose another folder, and try again.',
        cause: error,
      });
  }
}

export function diskFull(where: string, cause?: unknown): DiskFullError {
  return new DiskFullError(`There is not enough space on the disk of ${where}.`, {
    hint: 'Free some space or choose another folder, and try again: what was fetched so far is kept.',
    ...(cause === undefined ? {} : { cause }),
  });
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

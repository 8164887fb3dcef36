/** What a person can do about a key file that can't be written or read. */
import { DiskFullError, errorCode, SetupError } from '../errors.ts';

export function homeExists(cause?: unknown): SetupError {
  return new SetupError('This home is set up already.', {
    code: 'home-exists',
    hint: 'Use another --home for a second person.',
    cause,
  });
}

export function noHome(cause?: unknown): SetupError {
  return new SetupError('There is no home here yet.', { code: 'no-home', hint: 'Make one with: btr init', cause });
}

/** The BtrError that stands for a failure of the file system, or the failure itself where it is none we know. */
export function unusable(cause: unknown): unknown {
  switch (errorCode(cause)) {
    case 'EEXIST':
      return homeExists(cause);
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new DiskFullError('The disk that holds the home is full.', {
        hint: 'Nothing was half written. Make room and try again.',
        cause,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'EIO':
    case 'EISDIR':
    case 'ENOTDIR':
      return new SetupError('The home cannot be read or written.', {
        code: 'home-unusable',
        hint: 'Look at the permissions of the folder, and whether its disk is there and well.',
        cause,
      });
    default:
      return cause;
  }
}

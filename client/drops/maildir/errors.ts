/** From what the file system says to what a person can do about it. */
import { BtrError, DropError, errorCode, errorText } from '../../errors.ts';

interface Meaning {
  readonly code: string;
  readonly text: string;
  readonly hint: string;
  readonly retryable: boolean;
}

const missing: Meaning = {
  code: 'folder-missing',
  text: 'is not there, or a part of it is gone',
  hint: 'Check the path, and that the disk or share it lies on is mounted.',
  retryable: false,
};
const denied: Meaning = {
  code: 'folder-denied',
  text: 'may not be used by this account',
  hint: 'Give this account the right to read and write in the folder and everything below it.',
  retryable: false,
};
const full: Meaning = {
  code: 'folder-full',
  text: 'has no space left',
  hint: 'Free some space on its disk, or raise the quota, then try again. Nothing that was accepted is lost.',
  retryable: false,
};
const readOnly: Meaning = {
  code: 'folder-read-only',
  text: 'lies on a file system that is mounted read-only',
  hint: 'Mount it writable, or choose another folder.',
  retryable: false,
};
const notFolder: Meaning = {
  code: 'folder-not-a-folder',
  text: 'is a file, or has a file where a folder should be',
  hint: 'Choose a folder.',
  retryable: false,
};
const tooLarge: Meaning = {
  code: 'folder-file-too-large',
  text: 'can not hold a file of this size',
  hint: 'Its file system limits the size of a file (4 GiB on FAT): choose a folder on another one.',
  retryable: false,
};
const busy: Meaning = {
  code: 'folder-busy',
  text: 'could not be reached just now',
  hint: 'Try again; if it stays so, look at the disk or the network share.',
  retryable: true,
};
const other: Meaning = {
  code: 'folder-failed',
  text: 'refused an operation',
  hint: 'Run `btr doctor` to see what the folder allows.',
  retryable: false,
};

const meanings = new Map<string, Meaning>([
  ['ENOENT', missing],
  ['EACCES', denied],
  ['EPERM', denied],
  ['ENOSPC', full],
  ['EDQUOT', full],
  ['EROFS', readOnly],
  ['ENOTDIR', notFolder],
  ['EISDIR', notFolder],
  ['EFBIG', tooLarge],
  ['EIO', busy],
  ['ESTALE', busy],
  ['EBUSY', busy],
  ['EAGAIN', busy],
  ['EMFILE', busy],
  ['ENFILE', busy],
  ['ETIMEDOUT', busy],
  ['ENOTCONN', busy],
  ['EHOSTDOWN', busy],
  ['EHOSTUNREACH', busy],
]);

/** A DropError for an error of the file system; anything else (an abort's reason, a bug) is returned as it is. */
export function folderError(error: unknown, path: string): unknown {
  if (!isFileError(error)) return error;
  const meaning = meanings.get(error.code) ?? other;
  return new DropError(`The folder ${path} ${meaning.text} (${error.code}).`, { ...meaning, cause: error });
}

/** What a finding says of an error: one line with the way out. */
export function findingText(error: unknown, path: string): string {
  const known = folderError(error, path);
  return known instanceof BtrError ? `${known.message} ${known.hint ?? ''}`.trim() : errorText(error);
}

/** Whether the file system refused, rather than something else going wrong. */
export function isFileError(error: unknown): error is { readonly code: string } {
  return /^E[A-Z0-9]+$/.test(errorCode(error) ?? '');
}

export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT';
}

/** Where a download goes, and how the finished thing gets its name without ever replacing what has that name. */
import { constants } from 'node:fs';
import { link, lstat, mkdir, open, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { errorCode, UsageError } from '../../errors.ts';
import { explainDiskError } from './local-errors.ts';
import { numberedName, safeFileName } from './names.ts';

export type DownloadTarget =
  /** Into this folder, under the sender's name made safe, or `name (1)` and so on where that is taken. */
  | { readonly folder: string }
  /** Exactly here; an error where something is here already. */
  | { readonly path: string }
  /** In order into a stream; a folder comes as its tar archive. */
  | { readonly stream: Writable };

export type DiskTarget = Exclude<DownloadTarget, { readonly stream: Writable }>;

/** Names that are tried before giving up: `name`, `name (1)`, ... */
const MOST_NAMES = 10_000;

/**
 * What `--out` means: a folder that is there or is written with a slash at its end, else the path itself.
 * @throws SetupError: the disk can't even look.
 */
export async function targetAt(out: string): Promise<DiskTarget> {
  if (/[/\\]$/.test(out) && (out.endsWith('/') || process.platform === 'win32')) return { folder: resolve(out) };
  try {
    if ((await stat(out)).isDirectory()) return { folder: resolve(out) };
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw explainDiskError(dirname(resolve(out)), error);
  }
  return { path: resolve(out) };
}

/** The folder in which everything happens, temporary files included; absolute. */
export function folderOf(target: DiskTarget): string {
  return 'folder' in target ? resolve(target.folder) : dirname(resolve(target.path));
}

/** @throws UsageError with code `target-exists` where the user named a path that is taken. */
export async function checkTarget(target: DiskTarget): Promise<void> {
  if ('path' in target && (await identityOf(target.path)) !== undefined) throw targetExists(target.path);
}

/** Which file or folder a path names (`device:inode`), or undefined where it names none. Links are not followed. */
export async function identityOf(path: string): Promise<string | undefined> {
  try {
    const found = await lstat(path, { bigint: true });
    return `${found.dev}:${found.ino}`;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Moves a finished file or folder from its temporary name to its final one, in the same folder; returns that path.
 * @param announce called with each name just before it is tried, so that a crash in between can be told apart.
 */
export async function placeAt(
  temporary: string,
  target: DiskTarget,
  senderName: string,
  announce: (path: string) => void,
): Promise<string> {
  const move = (await lstat(temporary)).isDirectory() ? moveFolder : moveFile;
  for (const path of candidates(target, senderName)) {
    announce(path);
    if (await move(temporary, path)) {
      await syncFolder(dirname(path));
      return path;
    }
  }
  throw targetExists('path' in target ? target.path : join(folderOf(target), safeFileName(senderName)));
}

function* candidates(target: DiskTarget, senderName: string): Generator<string> {
  if ('path' in target) {
    yield resolve(target.path);
    return;
  }
  const name = safeFileName(senderName);
  yield join(folderOf(target), name);
  for (let number = 1; number < MOST_NAMES; number++) yield join(folderOf(target), numberedName(name, number));
}

/** A hard link fails where the name is taken, which a rename does not. False where it is taken. */
async function moveFile(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') return false;
    if (code !== undefined && withoutLinks.has(code)) return moveFileByReserving(from, to);
    throw error;
  }
  await unlink(from);
  return true;
}

/** What file systems without hard links (FAT, some network and phone storage) answer. */
const withoutLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL']);

/** Takes the name with an empty file of our own, which the rename then replaces. */
export async function moveFileByReserving(from: string, to: string): Promise<boolean> {
  try {
    await (await open(to, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)).close();
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  await rename(from, to);
  return true;
}

/** Takes the name with an empty folder of our own: a rename replaces a folder only while it is empty. */
async function moveFolder(from: string, to: string): Promise<boolean> {
  try {
    await mkdir(to, 0o700);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  // Windows does not rename onto a folder at all.
  if (process.platform === 'win32') await rmdir(to);
  await rename(from, to);
  return true;
}

/** Makes a new name survive a power cut, where folders can be synced. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'EINVAL' && code !== 'ENOTSUP') throw error;
  } finally {
    await handle.close();
  }
}

function targetExists(path: string): UsageError {
  return new UsageError(`There is already something called ${basename(path)} in ${dirname(path)}.`, {
    code: 'target-exists',
    hint: 'Nothing is ever overwritten: choose another name with --out, or move what is there.',
  });
}

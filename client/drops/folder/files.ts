/** The few file operations that everything here is made of: private files, durable writes, atomic names. */

import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { type FileHandle, open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../../errors.ts';
import { isMissing } from './errors.ts';

/** Permission bits for what we make in a drop. */
export interface Modes {
  readonly directory: number;
  readonly file: number;
  /** Whether somebody besides the owner takes part, so that the bits must hold whatever the umask says. */
  readonly shared: boolean;
}

/**
 * Ours alone (0700, 0600) unless the drop's folder itself may be written by its group or by everybody: two accounts
 * can only share a drop if each may read and remove what the other made. Whoever made the folder writable for others
 * said so, therefore a umask doesn't undo it. A set-group-id bit is kept, so that all files stay in that group.
 */
export function modesFor(folderMode: number): Modes {
  const group = (folderMode & 0o020) === 0 ? 0 : 0o070;
  const everybody = (folderMode & 0o002) === 0 ? 0 : 0o007;
  const bits = 0o700 | group | everybody;
  return { directory: bits | (folderMode & 0o2000), file: bits & 0o666, shared: bits !== 0o700 };
}

/** Makes a folder unless it is there. Its parent must be there. */
export async function makeDirectory(path: string, modes: Modes): Promise<void> {
  try {
    await fs.mkdir(path, { mode: modes.directory & 0o777 });
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    throw error;
  }
  if (modes.shared) await fs.chmod(path, modes.directory);
  await syncDirectory(dirname(path));
}

const { O_RDONLY, O_RDWR } = constants;
/** Windows has neither of these. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const NO_BLOCK = constants.O_NONBLOCK ?? 0;

/**
 * Opens a file that is there. Others may write in a shared folder, so a symbolic link is refused (ELOOP): it could make
 * us overwrite a file elsewhere. A pipe put in place of a file doesn't make us wait either.
 */
export function openFile(path: string, access: 'read' | 'write'): Promise<FileHandle> {
  return open(path, (access === 'read' ? O_RDONLY : O_RDWR) | NO_FOLLOW | NO_BLOCK);
}

/** Opens a file that must not be there yet. */
export async function createFile(path: string, modes: Modes): Promise<FileHandle> {
  const handle = await open(path, 'wx', modes.file);
  try {
    if (modes.shared) await handle.chmod(modes.file);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Writes a new file that survives a power cut once its name does. */
export async function writeDurably(path: string, bytes: Uint8Array, modes: Modes): Promise<void> {
  const handle = await createFile(path, modes);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } catch (error) {
    await handle.close();
    await removeFile(path);
    throw error;
  }
  await handle.close();
}

/** Makes the names in a folder survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows can't open a directory for this and orders its names by a journal of its own.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems have no such call for directories; there the server decides what is durable.
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errorCode(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

/** Renames; false where the file is not there any more, because somebody else was faster. */
export async function tryRename(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Removes a file; false where it was not there. */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** The names in a folder; none where it is not there. */
export async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

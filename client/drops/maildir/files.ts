/** The few operations that everything here is made of: private files, durable writes, atomic names. */
import { errorCode } from '../../errors.ts';
import { isMissing } from './errors.ts';
import type { FileSystem, OpenFile } from './file-system.ts';

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
export async function makeDirectory(files: FileSystem, path: string, modes: Modes): Promise<void> {
  try {
    await files.mkdir(path, modes.directory & 0o777);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    throw error;
  }
  if (modes.shared) await files.chmod(path, modes.directory);
  await files.syncDirectory(parentOf(path));
}

/** Opens a file that must not be there yet. */
export async function createFile(files: FileSystem, path: string, modes: Modes): Promise<OpenFile> {
  const handle = await files.create(path, modes.file);
  try {
    if (modes.shared) await handle.chmod(modes.file);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Writes a new file that survives a power cut once its name does. */
export async function writeDurably(files: FileSystem, path: string, bytes: Uint8Array, modes: Modes): Promise<void> {
  const handle = await createFile(files, path, modes);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } catch (error) {
    await handle.close();
    await removeFile(files, path);
    throw error;
  }
  await handle.close();
}

/** Renames; false where the file is not there any more, because somebody else was faster. */
export async function tryRename(files: FileSystem, from: string, to: string): Promise<boolean> {
  try {
    await files.rename(from, to);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Removes a file; false where it was not there. */
export async function removeFile(files: FileSystem, path: string): Promise<boolean> {
  try {
    await files.unlink(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** The names in a folder; none where it is not there. */
export async function namesIn(files: FileSystem, path: string): Promise<string[]> {
  try {
    return await files.readdir(path);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

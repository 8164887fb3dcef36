/**
 * Finds parcels whose time has passed and uploads that nobody goes on with. Parcels lie in a folder by the hour of
 * their expiry, so this costs one listing and a little for each hour in use, however many parcels there are.
 */
import { errorCode } from '../../errors.ts';
import type { Role } from '../../protocol/roles.ts';
import { isMissing } from './errors.ts';
import type { FileSystem } from './file-system.ts';
import { namesIn, removeFile } from './files.ts';
import { parcelFileKind, parcelsFolder, parseHourFolder } from './layout.ts';
import type { Place } from './place.ts';

/** An upload that stood still for this long is not taken up again. */
const STALE_UPLOAD = 7 * 24 * 3_600_000;

/** Milliseconds since 1970. */
export interface Bounds {
  /** Hours up to this one have passed. */
  readonly passed: number;
  /** Hours after this one are later than any parcel may stay. */
  readonly longest: number;
}

export interface DueFile {
  readonly path: string;
  readonly kind: 'parcel' | 'part';
}

/**
 * Removes this side's. `fileTime` is the file system's time, in milliseconds since 1970: with one of two clocks wrong
 * by days, nothing is removed too early.
 */
export async function sweepParcels(place: Place, fileTime: number): Promise<void> {
  const bounds = { passed: Math.min(place.now(), fileTime), longest: Number.POSITIVE_INFINITY };
  try {
    for await (const { path } of dueFiles(place.files, place.role, bounds)) await removeFile(place.files, path);
  } catch {
    // Tidying up is no reason to fail an upload, and what is left is met again next time. A folder that is in real
    // trouble says so in the upload itself.
  }
}

/** Whoever asks for the next one has dealt with this one: an hour's folder that is empty then goes as well. */
export async function* dueFiles(files: FileSystem, role: Role, bounds: Bounds): AsyncGenerator<DueFile> {
  const root = parcelsFolder(role);
  for (const hour of await namesIn(files, root)) {
    const expiresAt = parseHourFolder(hour);
    const folder = `${root}/${hour}`;
    if (expiresAt === undefined || !(await isFolder(files, folder))) continue;
    const isOver = expiresAt <= bounds.passed || expiresAt > bounds.longest;
    for (const name of await namesIn(files, folder)) {
      const path = `${folder}/${name}`;
      const kind = parcelFileKind(role, hour, name);
      if (kind !== undefined && (isOver || (kind === 'part' && (await isStale(files, path, bounds)))))
        yield { path, kind };
    }
    if (isOver) await removeIfEmpty(files, folder);
  }
}

/** Others may write in a shared folder: a link put in place of an hour could make us empty a folder elsewhere. */
async function isFolder(files: FileSystem, path: string): Promise<boolean> {
  try {
    return (await files.lstat(path)).isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function isStale(files: FileSystem, path: string, { passed }: Bounds): Promise<boolean> {
  try {
    return passed - (await files.stat(path)).mtimeMs > STALE_UPLOAD;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function removeIfEmpty(files: FileSystem, path: string): Promise<void> {
  try {
    await files.rmdir(path);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errorCode(error) ?? '')) throw error;
  }
}

/**
 * Finds parcels whose time has passed and uploads that nobody goes on with. Parcels lie in a folder by the hour of
 * their expiry, so this costs one listing and a little for each hour in use, however many parcels there are.
 */
import { lstat, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../errors.ts';
import type { Role } from '../../protocol/roles.ts';
import { isMissing } from './errors.ts';
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
    for await (const { path } of dueFiles(place.folder, place.role, bounds)) await removeFile(path);
  } catch {
    // Tidying up is no reason to fail an upload, and what is left is met again next time. A folder that is in real
    // trouble says so in the upload itself.
  }
}

/** Whoever asks for the next one has dealt with this one: an hour's folder that is empty then goes as well. */
export async function* dueFiles(folder: string, role: Role, bounds: Bounds): AsyncGenerator<DueFile> {
  const root = join(folder, parcelsFolder(role));
  for (const hour of await namesIn(root)) {
    const expiresAt = parseHourFolder(hour);
    if (expiresAt === undefined || !(await isFolder(join(root, hour)))) continue;
    const isOver = expiresAt <= bounds.passed || expiresAt > bounds.longest;
    for (const name of await namesIn(join(root, hour))) {
      const path = join(root, hour, name);
      const kind = parcelFileKind(role, hour, name);
      if (kind !== undefined && (isOver || (kind === 'part' && (await isStale(path, bounds))))) yield { path, kind };
    }
    if (isOver) await removeIfEmpty(join(root, hour));
  }
}

/** Others may write in a shared folder: a link put in place of an hour could make us empty a folder elsewhere. */
async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function isStale(path: string, { passed }: Bounds): Promise<boolean> {
  try {
    return passed - (await stat(path)).mtimeMs > STALE_UPLOAD;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function removeIfEmpty(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errorCode(error) ?? '')) throw error;
  }
}

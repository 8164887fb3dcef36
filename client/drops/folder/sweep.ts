/** Removes this side's parcels that have expired and uploads that nobody goes on with. */
import { rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../errors.ts';
import { isMissing } from './errors.ts';
import { namesIn, removeFile } from './files.ts';
import { parcelFileKind, parcelsFolder, parseHourFolder } from './layout.ts';
import type { Place } from './place.ts';

/** An upload that stood still for this long is not taken up again. */
const STALE_UPLOAD = 7 * 24 * 3_600_000;

/**
 * Parcels lie in a folder by the hour of their expiry, so this costs one listing and a little for each hour in use,
 * however many parcels there are. `fileTime` is the file system's time, in milliseconds since 1970: with one of two
 * clocks wrong by days, nothing is removed too early.
 */
export async function sweepParcels(place: Place, fileTime: number): Promise<void> {
  const now = Math.min(place.now(), fileTime);
  const root = join(place.folder, parcelsFolder(place.role));
  try {
    for (const hour of await namesIn(root)) {
      const expiresAt = parseHourFolder(hour);
      if (expiresAt !== undefined) await sweepHour(place, join(root, hour), hour, expiresAt, now);
    }
  } catch {
    // Tidying up is no reason to fail an upload, and what is left is met again next time. A folder that is in real
    // trouble says so in the upload itself.
  }
}

async function sweepHour(place: Place, path: string, hour: string, expiresAt: number, now: number): Promise<void> {
  const expired = expiresAt <= now;
  for (const name of await namesIn(path)) {
    const kind = parcelFileKind(place.role, hour, name);
    const remove = kind !== undefined && (expired || (kind === 'part' && (await isStale(join(path, name), now))));
    if (remove) await removeFile(join(path, name));
  }
  if (expired) await removeIfEmpty(path);
}

async function isStale(path: string, now: number): Promise<boolean> {
  try {
    return now - (await stat(path)).mtimeMs > STALE_UPLOAD;
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

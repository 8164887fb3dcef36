/** What time it is for the file system, which may be another machine's, and what that says of its files. */
import { randomBytes } from 'node:crypto';
import { type Direction, directionFrom } from '../../protocol/roles.ts';
import type { FileStats, FileSystem } from './file-system.ts';
import { modesFor, removeFile, writeDurably } from './files.ts';
import { directionFolders } from './layout.ts';
import type { Place } from './place.ts';

/** Writes a file where nobody looks, and removes it: its time of change, in milliseconds since 1970. */
export async function fileSystemTime(files: FileSystem, direction: Direction): Promise<number> {
  const { tmp } = directionFolders(direction);
  const tmpThere = await files.stat(tmp).catch(() => undefined);
  const name = `check-${randomBytes(6).toString('hex')}.tmp`;
  const path = tmpThere === undefined ? name : `${tmp}/${name}`;
  await writeDurably(files, path, Buffer.from('check'), modesFor((await files.stat('')).mode));
  try {
    return (await files.stat(path)).mtimeMs;
  } finally {
    await removeFile(files, path);
  }
}

/**
 * Whether a file that is not whole may still be arriving. Told by the file system's own clock and by a time that no
 * copier can set: those of the machine that wrote it may be hours off.
 */
export async function isArriving({ files, role, arrival }: Place, { ctimeMs }: FileStats): Promise<boolean> {
  // Where there is no room to ask the time, it is asked again at the next look.
  const now = await fileSystemTime(files, directionFrom(role)).catch(() => ctimeMs);
  return now - ctimeMs < arrival;
}

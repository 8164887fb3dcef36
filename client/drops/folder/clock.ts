/** What time it is for the file system, which may be another machine's. */
import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Direction } from '../../protocol/roles.ts';
import { modesFor, removeFile, writeDurably } from './files.ts';
import { directionFolders } from './layout.ts';

/** Writes a file where nobody looks, and removes it: its time of change, in milliseconds since 1970. */
export async function fileSystemTime(folder: string, direction: Direction): Promise<number> {
  const { tmp } = directionFolders(direction);
  const tmpThere = await stat(join(folder, tmp)).catch(() => undefined);
  const path = join(folder, tmpThere === undefined ? '' : tmp, `check-${randomBytes(6).toString('hex')}.tmp`);
  await writeDurably(path, Buffer.from('check'), modesFor((await stat(folder)).mode));
  try {
    return (await stat(path)).mtimeMs;
  } finally {
    await removeFile(path);
  }
}

/** What time it is for the file system, which may be another machine's. */
import { randomBytes } from 'node:crypto';
import type { Direction } from '../../protocol/roles.ts';
import type { FileSystem } from './file-system.ts';
import { modesFor, removeFile, writeDurably } from './files.ts';
import { directionFolders } from './layout.ts';

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

/** Paths for completion. */
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname } from 'node:path';
import { errorCode } from '../../errors.ts';

const unreadable: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ENAMETOOLONG']);

/** What is on the disk and begins like this; folders end with a slash. Hidden names only where a dot was typed. */
export async function pathsLike(typed: string): Promise<string[]> {
  const path = typed.startsWith('~/') ? `${homedir()}${typed.slice(1)}` : typed;
  const isFolder = path === '' || path.endsWith('/');
  const folder = isFolder ? path : dirname(path);
  const start = isFolder ? '' : basename(path);
  const before = isFolder ? path : path.slice(0, path.length - start.length);
  const entries = await readdir(folder === '' ? '.' : folder, { withFileTypes: true }).catch((error: unknown) => {
    if (unreadable.has(errorCode(error))) return [];
    throw error;
  });
  return entries
    .filter(({ name }) => name.startsWith(start) && (start !== '' || !name.startsWith('.')))
    .map((entry) => `${before}${entry.name}${entry.isDirectory() ? '/' : ''}`)
    .sort();
}

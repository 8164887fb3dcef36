/** Paths as they are typed, where no shell has read them. */
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename } from 'node:path';
import { errorCode } from '../../errors.ts';

/** `~` is the home folder, as it is in a shell. */
export function withHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? `${homedir()}${path.slice(1)}` : path;
}

/** What is on the disk and begins like this; folders end with a slash. Hidden names only where a dot was typed. */
export async function pathsLike(typed: string): Promise<string[]> {
  const start = typed === '' || typed.endsWith('/') ? '' : basename(typed);
  const before = typed.slice(0, typed.length - start.length);
  const entries = await readdir(before === '' ? '.' : withHome(before), { withFileTypes: true }).catch((error) => {
    // A folder that can't be read has nothing to offer.
    if (errorCode(error) !== undefined) return [];
    throw error;
  });
  return entries
    .filter(({ name }) => name.startsWith(start) && (start !== '' || !name.startsWith('.')))
    .map((entry) => `${before}${entry.name}${entry.isDirectory() ? '/' : ''}`)
    .sort();
}

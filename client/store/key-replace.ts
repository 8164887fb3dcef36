/**
 * Puts a new key file in the place of the old one. Whatever happens on the way, one of the two stands there whole. All
 * of it runs without a pause, within the store's write lock, so that two processes never do it at once.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { SetupError } from '../errors.ts';
import type { Database } from './database.ts';
import { unusable } from './key-errors.ts';

/** Windows can't rename onto a file that is open, nor open a folder. */
const isWindows = process.platform === 'win32';

/** The new file until it takes the place of the old one. */
export function temporaryKeyPath(path: string): string {
  return `${path}.new`;
}

/** @param expected the text that was read. @throws SetupError with code `home-busy` where it has changed since. */
export function replaceKeyFile(db: Database, path: string, expected: string, text: string): void {
  db.transaction(() => {
    try {
      if (readFileSync(path, 'utf8') !== expected) throw changedMeanwhile();
      removeTemporary(path);
      replace(path, text);
    } catch (cause) {
      throw unusable(cause);
    }
  });
}

/** Removes what a process left that ended while it changed the key file: it may hold the key as it is. */
export function tidyKeyFile(db: Database, path: string): void {
  if (!existsSync(temporaryKeyPath(path))) return;
  db.transaction(() => removeTemporary(path));
}

function replace(path: string, text: string): void {
  const temporary = temporaryKeyPath(path);
  const old = isWindows ? undefined : openSync(path, 'r+');
  try {
    writeWhole(temporary, text);
    renameSync(temporary, path);
    syncFolder(dirname(path));
    if (old !== undefined) overwrite(old);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    if (old !== undefined) closeSync(old);
  }
}

function writeWhole(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function removeTemporary(path: string): void {
  const temporary = temporaryKeyPath(path);
  if (existsSync(temporary)) destroyFile(temporary);
}

/** Overwrites a file on the disk, then removes it. */
export function destroyFile(path: string): void {
  const file = openSync(path, 'r+');
  try {
    overwrite(file);
  } finally {
    closeSync(file);
  }
  unlinkSync(path);
  syncFolder(dirname(path));
}

function overwrite(file: number): void {
  const { size } = fstatSync(file);
  writeSync(file, randomBytes(size), 0, size, 0);
  fsyncSync(file);
}

/** Makes a rename or removal last. */
export function syncFolder(path: string): void {
  if (isWindows) return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function changedMeanwhile(): SetupError {
  return new SetupError('Another process has changed the key file meanwhile.', {
    code: 'home-busy',
    hint: 'Nothing was changed. Try again.',
  });
}

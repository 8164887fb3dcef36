/** Destroys a home: first what opens it, then the rest. Needs no passphrase. */
import { readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, SetupError } from '../errors.ts';
import { keyPath, storePath } from './home.ts';
import { noHome, unusable } from './key-errors.ts';
import { parseKey } from './key-format.ts';
import { destroyFile, syncFolder, temporaryKeyPath } from './key-replace.ts';
import { endAgent } from './unlock.ts';

/** What could not be removed. */
export interface Remains {
  /** Names in the home's folder that are not btr's. */
  readonly names: readonly string[];
}

/**
 * Ends the agent, overwrites and removes the key, then removes the store and the folder where it is empty then. What
 * is in a keyring goes last, since a keyring may be silent: the error says which entry is left. Nor does an agent that
 * does not answer save the home; that it may still hold the key is said at the end.
 * @throws SetupError with code `no-home` or `home-unusable`; after the work, the keyring's or the agent's.
 */
export async function wipeHome(home: string): Promise<Remains> {
  const names = await namesIn(home);
  if (!names.some((name) => join(home, name) === keyPath(home) || join(home, name) === storePath(home))) throw noHome();
  const trouble = await endAgent(home).then(nothing, (error: unknown) => error);
  const entries = await keyringEntries(keyPath(home));
  try {
    for (const path of [keyPath(home), temporaryKeyPath(keyPath(home))]) destroyIfThere(path);
    for (const name of await namesIn(home)) if (isOurs(name)) await rm(join(home, name));
    syncFolder(home);
  } catch (cause) {
    throw unusable(cause);
  }
  const remains = { names: await namesIn(home) };
  if (remains.names.length === 0) await rmdir(home);
  for (const entry of entries) await removeFromKeyring(entry);
  if (trouble !== undefined) throw trouble;
  return remains;
}

function nothing(): undefined {}

async function removeFromKeyring(entry: string): Promise<void> {
  try {
    const { removeEntry } = await import('./keyring.ts');
    await removeEntry(entry);
  } catch (cause) {
    throw new SetupError('The home is destroyed, but its key is still in the keyring.', {
      code: 'keyring-silent',
      hint: `Remove the entry ${entry} of btr there. Without the home, and without copies of it, it opens nothing.`,
      cause,
    });
  }
}

async function namesIn(home: string): Promise<string[]> {
  try {
    return await readdir(home);
  } catch (cause) {
    throw errorCode(cause) === 'ENOENT' ? noHome(cause) : unusable(cause);
  }
}

/** The entries that a key file names. A damaged one names none. */
async function keyringEntries(path: string): Promise<string[]> {
  try {
    const stored = parseKey(await readFile(path, 'utf8'));
    if (!stored) return [];
    const entries = [stored.form === 'keyring' ? stored.entry : undefined, stored.leftover];
    return entries.filter((entry) => entry !== undefined);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw unusable(error);
  }
}

function destroyIfThere(path: string): void {
  try {
    destroyFile(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** The store, its log and index, and what agents and daemons leave. */
function isOurs(name: string): boolean {
  return (
    /^btr\.sqlite(-wal|-shm|-journal)?$/.test(name) ||
    /^(agent|daemon)(-[0-9a-f]{8}\.sock|\.[0-9a-f]{8}|\.lock)?$/.test(name)
  );
}

/**
 * The master key of a home: 32 random bytes, reached through the file `key` (mode 0600): wrapped by a passphrase, in
 * the operating system's keyring, or as they are, for homes that scripts use (`--no-passphrase`).
 */
import { createHash, randomBytes } from 'node:crypto';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode, SetupError, UsageError } from '../errors.ts';
import { fileIdentity } from './file-identity.ts';
import { homeExists, noHome, unusable } from './key-errors.ts';
import { formatKey, type KeyForm, parseKey, type StoredKey } from './key-format.ts';
import { masterBytes, unwrapKey, wrapKey } from './key-wrap.ts';

/** What guards the master key. Neither: it lies in the key file as it is. */
export interface Protection {
  readonly passphrase?: string | undefined;
  /** In the operating system's keyring. */
  readonly keyring?: boolean | undefined;
}

/** A key file as it was read. */
export interface KeyFile {
  readonly text: string;
  readonly stored: StoredKey;
  /** 32 bytes that stand for this very file: another content, or the same in another file, gives others. */
  readonly binding: Buffer;
}

/** @throws SetupError with code `home-exists` where there is a key file already. */
export async function assertNoKeyFile(path: string): Promise<void> {
  try {
    await stat(path);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return;
    throw unusable(cause);
  }
  throw homeExists();
}

/** Makes a new master key and its file. @throws SetupError where the file exists or no keyring answers; BtrError. */
export async function createKeyFile(path: string, protection: Protection): Promise<Buffer> {
  const master = randomBytes(masterBytes);
  const form = await newForm(master, protection);
  await writeNew(path, formatKey(form));
  if (form.form !== 'keyring') return master;
  try {
    const { writeEntry } = await import('./keyring.ts');
    await writeEntry(form.entry, master);
    return master;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** Undoes `createKeyFile`. */
export async function discardKeyFile(path: string): Promise<void> {
  const { stored } = await readKeyFile(path);
  await rm(path);
  if (stored.form !== 'keyring') return;
  const { removeEntry } = await import('./keyring.ts');
  await removeEntry(stored.entry);
}

/** The form that a key file takes under a protection; what belongs in a keyring is not there yet. */
export async function newForm(master: Buffer, { passphrase, keyring }: Protection): Promise<KeyForm> {
  if (keyring && passphrase !== undefined) {
    throw new UsageError('Either a passphrase or the keyring.', { code: 'two-protections' });
  }
  if (keyring) {
    const { newEntry } = await import('./keyring.ts');
    return { form: 'keyring', entry: newEntry() };
  }
  if (passphrase === undefined) return { form: 'open', key: master };
  return { form: 'wrapped', wrapped: await wrapKey(master, passphrase) };
}

/** Leaves either the whole file or none: half a key would make the home look set up. */
async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    throw unusable(cause);
  });
  try {
    await file.writeFile(text);
    await file.sync();
  } catch (cause) {
    await rm(path, { force: true });
    throw unusable(cause);
  } finally {
    await file.close();
  }
}

/** Whether opening the home needs a passphrase. @throws SetupError where there is no home. */
export async function isWrapped(path: string): Promise<boolean> {
  return (await readKeyFile(path)).stored.form === 'wrapped';
}

/**
 * The master key: by the passphrase where one is given, else from the agent of `btr unlock`.
 * @throws SetupError: no home here, locked, a wrong passphrase, no keyring.
 */
export async function openKeyFile(path: string, passphrase: string | undefined): Promise<Buffer> {
  const { stored, binding } = await readKeyFile(path);
  switch (stored.form) {
    case 'open':
      return stored.key;
    case 'keyring': {
      const { readEntry } = await import('./keyring.ts');
      return sized(await readEntry(stored.entry));
    }
    case 'wrapped': {
      if (passphrase !== undefined) return unwrapKey(stored.wrapped, passphrase);
      const { askAgent } = await import('./unlock.ts');
      const master = await askAgent(dirname(path), binding);
      if (master) return master;
      throw new SetupError('This home is locked by a passphrase.', {
        code: 'home-locked',
        hint: 'Run it on a terminal, give the passphrase by BTR_PASSPHRASE or --passphrase-file, or first: btr unlock',
      });
    }
  }
}

/** @throws SetupError: no home here, or a damaged key file. */
export async function readKeyFile(path: string): Promise<KeyFile> {
  try {
    const text = await readFile(path, 'utf8');
    const identity = await fileIdentity(path);
    const stored = parseKey(text);
    if (stored) return { text, stored, binding: createHash('sha256').update(`${identity}\n${text}`).digest() };
  } catch (cause) {
    throw errorCode(cause) === 'ENOENT' ? noHome(cause) : unusable(cause);
  }
  throw damaged();
}

function sized(key: Buffer): Buffer {
  if (key.length === masterBytes) return key;
  throw damaged();
}

function damaged(): SetupError {
  return new SetupError("The home's key file is damaged.", {
    code: 'home-damaged',
    hint: 'Put back a good copy of the folder.',
  });
}

/**
 * The keyring of the operating system as a place for a home's master key: Keychain, Windows Credential Manager, or a
 * Secret Service (GNOME Keyring, KWallet). Its library is optional and loaded only by homes that chose it.
 *
 * On Linux only the Secret Service counts: the kernel's own keyring, which the library would fall back to, forgets
 * everything when the machine restarts.
 */
import { randomBytes } from 'node:crypto';
import { SetupError } from '../errors.ts';

const service = 'btr';
const options = { linux: { store: 'secret-service' } } as const;

/** A random name for an entry: nothing about the home or its owner. */
export function newEntry(): string {
  return randomBytes(16).toString('hex');
}

/** Keeps the key under this name. @throws SetupError: no library, no keyring, or one that did not keep it. */
export async function writeEntry(entry: string, key: Uint8Array): Promise<void> {
  const handle = await open(entry);
  await answered(handle.setSecret(key));
  const kept = await readEntry(entry);
  const same = kept.equals(key);
  kept.fill(0);
  if (!same) throw silent(new Error('the keyring answered with another secret than it was given'));
}

/** @throws SetupError: no library, no keyring (or a locked one), or no such entry. */
export async function readEntry(entry: string): Promise<Buffer> {
  const handle = await open(entry);
  const secret = await answered(handle.getSecret());
  if (secret !== null) {
    const key = Buffer.from(secret);
    secret.fill(0);
    return key;
  }
  throw new SetupError('The keyring has no key for this home.', {
    code: 'keyring-empty',
    hint: `Looked for the entry ${entry} of ${service}. It stays with the account and machine that made the home.`,
  });
}

/** Removes the entry; answers whether it was there. @throws SetupError: no library or no keyring. */
export async function removeEntry(entry: string): Promise<boolean> {
  const handle = await open(entry);
  return answered(handle.deleteCredential());
}

async function open(entry: string) {
  const { AsyncEntry } = await load();
  try {
    return new AsyncEntry(service, entry, options);
  } catch (cause) {
    throw silent(cause);
  }
}

async function load() {
  try {
    return await import('@napi-rs/keyring');
  } catch (cause) {
    throw new SetupError('The library that talks to keyrings is not installed.', {
      code: 'keyring-not-installed',
      hint: 'Install btr with its optional dependencies, or lock the home with a passphrase instead.',
      cause,
    });
  }
}

async function answered<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw silent(cause);
  }
}

function silent(cause: unknown): SetupError {
  return new SetupError('No keyring answers here, or it is locked.', {
    code: 'keyring-silent',
    hint: 'Log in to a desktop session and unlock its keyring, or lock the home with a passphrase instead.',
    cause,
  });
}

/**
 * The master key of a home: 32 random bytes in the file `key`, either wrapped by a passphrase (Argon2id, then
 * AES-256-GCM) or as they are, for homes that scripts use (`--no-passphrase`). The file has mode 0600.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { stretch } from '../crypto/keys.ts';
import { errorCode, SetupError } from '../errors.ts';

const associatedData = Buffer.from('btr master key 1');

interface KeyFile {
  readonly version: 1;
  /** Present: the key is wrapped. */
  readonly salt?: string;
  readonly nonce?: string;
  readonly key: string;
}

/** Makes a new master key and its file. @throws SetupError where the file exists. */
export async function createKeyFile(path: string, passphrase: string | undefined): Promise<Buffer> {
  const master = randomBytes(32);
  const content: KeyFile =
    passphrase === undefined ? { version: 1, key: master.toString('base64') } : await wrap(master, passphrase);
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(`${JSON.stringify(content)}\n`);
    await file.sync();
    await file.close();
  } catch (cause) {
    if (errorCode(cause) !== 'EEXIST') throw cause;
    throw new SetupError('This home is set up already.', {
      code: 'home-exists',
      hint: 'Use another --home for a second person.',
      cause,
    });
  }
  return master;
}

/** Whether opening the home needs a passphrase. @throws SetupError where there is no home. */
export async function isWrapped(path: string): Promise<boolean> {
  return (await read(path)).salt !== undefined;
}

/** @throws SetupError: no home here, no passphrase given, or a wrong one. */
export async function openKeyFile(path: string, passphrase: string | undefined): Promise<Buffer> {
  const { key, salt, nonce } = await read(path);
  if (salt === undefined || nonce === undefined) return Buffer.from(key, 'base64');
  if (passphrase === undefined) {
    throw new SetupError('This home is locked by a passphrase.', {
      code: 'home-locked',
      hint: 'Run it on a terminal, or give the passphrase by BTR_PASSPHRASE or --passphrase-file.',
    });
  }
  const decipher = createDecipheriv(
    'aes-256-gcm',
    await stretch(passphrase, Buffer.from(salt, 'base64')),
    Buffer.from(nonce, 'base64'),
    { authTagLength: 16 },
  );
  const wrapped = Buffer.from(key, 'base64');
  decipher.setAAD(associatedData).setAuthTag(wrapped.subarray(32));
  const master = decipher.update(wrapped.subarray(0, 32));
  try {
    decipher.final();
  } catch (cause) {
    throw new SetupError('The passphrase is wrong.', {
      code: 'wrong-passphrase',
      hint: 'Nothing was changed; try again.',
      cause,
    });
  }
  return master;
}

async function wrap(master: Uint8Array, passphrase: string): Promise<KeyFile> {
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', await stretch(passphrase, salt), nonce).setAAD(associatedData);
  const wrapped = Buffer.concat([cipher.update(master), cipher.final(), cipher.getAuthTag()]);
  return {
    version: 1,
    salt: salt.toString('base64'),
    nonce: nonce.toString('base64'),
    key: wrapped.toString('base64'),
  };
}

async function read(path: string): Promise<KeyFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (errorCode(cause) !== 'ENOENT') throw cause;
    throw new SetupError('There is no home here yet.', { code: 'no-home', hint: 'Make one with: btr init', cause });
  }
  const content = parse(text);
  if (content) return content;
  throw new SetupError("The home's key file is damaged.", {
    code: 'home-damaged',
    hint: 'Put back a good copy of the folder.',
  });
}

function parse(text: string): KeyFile | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('version' in value) || value.version !== 1) return undefined;
    if (!('key' in value) || typeof value.key !== 'string') return undefined;
    if (!('salt' in value && 'nonce' in value)) return { version: 1, key: value.key };
    if (typeof value.salt !== 'string' || typeof value.nonce !== 'string') return undefined;
    return { version: 1, key: value.key, salt: value.salt, nonce: value.nonce };
  } catch {
    return undefined;
  }
}

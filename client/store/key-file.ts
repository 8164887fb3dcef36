/**
 * The master key of a home: 32 random bytes in the file `key`, either wrapped by a passphrase (Argon2id, then
 * AES-256-GCM) or as they are, for homes that scripts use (`--no-passphrase`). The file has mode 0600.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { stretch } from '../crypto/keys.ts';
import { DiskFullError, errorCode, SetupError } from '../errors.ts';

const associatedData = Buffer.from('btr master key 1');

const masterBytes = 32;
const saltBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;

/** The file's JSON; bytes are base64. */
interface KeyFile {
  readonly version: 1;
  /** Present: the key is wrapped. */
  readonly salt?: string;
  readonly nonce?: string;
  readonly key: string;
}

/** What a key file holds, with every length checked. */
interface StoredKey {
  /** The master key, or the wrapped one with its tag. */
  readonly key: Buffer;
  readonly wrapping: { readonly salt: Buffer; readonly nonce: Buffer } | undefined;
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

/** Makes a new master key and its file. @throws SetupError where the file exists; disk full or not allowed: BtrError. */
export async function createKeyFile(path: string, passphrase: string | undefined): Promise<Buffer> {
  const master = randomBytes(masterBytes);
  const content: KeyFile =
    passphrase === undefined ? { version: 1, key: master.toString('base64') } : await wrap(master, passphrase);
  await writeNew(path, `${JSON.stringify(content)}\n`);
  return master;
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
  return (await read(path)).wrapping !== undefined;
}

/** @throws SetupError: no home here, no passphrase given, or a wrong one. */
export async function openKeyFile(path: string, passphrase: string | undefined): Promise<Buffer> {
  const { key, wrapping } = await read(path);
  if (wrapping === undefined) return key;
  if (passphrase === undefined) {
    throw new SetupError('This home is locked by a passphrase.', {
      code: 'home-locked',
      hint: 'Run it on a terminal, or give the passphrase by BTR_PASSPHRASE or --passphrase-file.',
    });
  }
  const wrapKey = await stretch(passphrase, wrapping.salt);
  const decipher = createDecipheriv('aes-256-gcm', wrapKey, wrapping.nonce, { authTagLength: tagBytes });
  decipher.setAAD(associatedData).setAuthTag(key.subarray(masterBytes));
  const master = decipher.update(key.subarray(0, masterBytes));
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
  const salt = randomBytes(saltBytes);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', await stretch(passphrase, salt), nonce).setAAD(associatedData);
  const wrapped = Buffer.concat([cipher.update(master), cipher.final(), cipher.getAuthTag()]);
  return {
    version: 1,
    salt: salt.toString('base64'),
    nonce: nonce.toString('base64'),
    key: wrapped.toString('base64'),
  };
}

async function read(path: string): Promise<StoredKey> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (errorCode(cause) !== 'ENOENT') throw unusable(cause);
    throw new SetupError('There is no home here yet.', { code: 'no-home', hint: 'Make one with: btr init', cause });
  });
  const content = parse(text);
  if (content) return content;
  throw new SetupError("The home's key file is damaged.", {
    code: 'home-damaged',
    hint: 'Put back a good copy of the folder.',
  });
}

function parse(text: string): StoredKey | undefined {
  const fields = parseFields(text);
  if (fields?.get('version') !== 1) return undefined;
  const isWrapped = fields.has('salt') || fields.has('nonce');
  const key = decode(fields.get('key'), isWrapped ? masterBytes + tagBytes : masterBytes);
  if (!isWrapped) return key && { key, wrapping: undefined };
  const salt = decode(fields.get('salt'), saltBytes);
  const nonce = decode(fields.get('nonce'), nonceBytes);
  return key && salt && nonce && { key, wrapping: { salt, nonce } };
}

function parseFields(text: string): Map<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The bytes of a base64 text, where there are exactly so many. */
function decode(text: unknown, length: number): Buffer | undefined {
  if (typeof text !== 'string') return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === length && bytes.toString('base64') === text ? bytes : undefined;
}

function homeExists(cause?: unknown): SetupError {
  return new SetupError('This home is set up already.', {
    code: 'home-exists',
    hint: 'Use another --home for a second person.',
    cause,
  });
}

/** What a person can do about a key file that can't be written or read. */
function unusable(cause: unknown): unknown {
  switch (errorCode(cause)) {
    case 'EEXIST':
      return homeExists(cause);
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new DiskFullError('The disk that holds the home is full.', {
        hint: 'Nothing was half written. Make room and try again.',
        cause,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'EIO':
    case 'EISDIR':
    case 'ENOTDIR':
      return new SetupError('The home cannot be read or written.', {
        code: 'home-unusable',
        hint: 'Look at the permissions of the folder, and whether its disk is there and well.',
        cause,
      });
    default:
      return cause;
  }
}

/** A master key under a passphrase: Argon2id makes the wrap key, AES-256-GCM seals. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { stretch } from '../crypto/keys.ts';
import { SetupError } from '../errors.ts';

const associatedData = Buffer.from('btr master key 1');

export const masterBytes = 32;
export const saltBytes = 16;
export const nonceBytes = 12;
const tagBytes = 16;
/** The wrapped key and its tag. */
export const sealedBytes = masterBytes + tagBytes;

export interface WrappedKey {
  readonly salt: Buffer;
  readonly nonce: Buffer;
  readonly sealed: Buffer;
}

export async function wrapKey(master: Uint8Array, passphrase: string): Promise<WrappedKey> {
  const salt = randomBytes(saltBytes);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', await stretch(passphrase, salt), nonce).setAAD(associatedData);
  return { salt, nonce, sealed: Buffer.concat([cipher.update(master), cipher.final(), cipher.getAuthTag()]) };
}

/** @throws SetupError with code `wrong-passphrase`. */
export async function unwrapKey({ salt, nonce, sealed }: WrappedKey, passphrase: string): Promise<Buffer> {
  const wrapKey = await stretch(passphrase, salt);
  const decipher = createDecipheriv('aes-256-gcm', wrapKey, nonce, { authTagLength: tagBytes });
  decipher.setAAD(associatedData).setAuthTag(sealed.subarray(masterBytes));
  const master = decipher.update(sealed.subarray(0, masterBytes));
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

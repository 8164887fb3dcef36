/** Key derivation: HKDF (RFC 5869) between keys, Argon2id (RFC 9106) from what a person remembers. */
import { argon2, hkdfSync } from 'node:crypto';

/** 32 bytes for one purpose, named by `info`. */
export function deriveKey(key: Uint8Array, info: string, salt: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, info, 32));
}

/** RFC 9106 section 4, the second recommended parameters: three passes over 64 MiB, four lanes. Takes about 0.15 s. */
export function stretch(secret: string, salt: Uint8Array): Promise<Buffer> {
  const parameters = {
    message: secret.normalize('NFC'),
    nonce: salt,
    passes: 3,
    memory: 65_536,
    parallelism: 4,
    tagLength: 32,
  };
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/**
 * node:crypto as ssh2's ciphers see it in the bundle (build.ts). They make a cipher for every packet of 32 KiB, and
 * taking the key in each time costs more than enciphering: here that is done once a key. ssh2 makes a new buffer for
 * each key and never writes into it again.
 */
import * as crypto from 'node:crypto';

export * from 'node:crypto';

const taken = new WeakMap<Uint8Array, crypto.KeyObject>();

function takeIn(key: Buffer): crypto.KeyObject {
  const known = taken.get(key);
  if (known) return known;
  const made = crypto.createSecretKey(key);
  taken.set(key, made);
  return made;
}

export function createCipheriv(algorithm: string, key: Buffer, iv: Buffer | null) {
  return crypto.createCipheriv(algorithm, takeIn(key), iv);
}

export function createDecipheriv(algorithm: string, key: Buffer, iv: Buffer | null) {
  return crypto.createDecipheriv(algorithm, takeIn(key), iv);
}

/**
 * The Fernet token, strictly (github.com/fernet/spec, version 0x80):
 *
 *     token = 0x80 | timestamp, s since 1970 (8) | IV (16) | AES-128-CBC, PKCS #7 | HMAC-SHA-256 over all before (32)
 *     key   = signing key (16) | encryption key (16)
 *
 * The timestamp is authenticated but not enforced: a drop may hold a body for two weeks.
 */
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { SecurityError } from '../errors.ts';

const version = 0x80;
const headBytes = 1 + 8 + 16;
const macBytes = 32;
const blockBytes = 16;

export const fernetKeyBytes = 32;

/** Most bytes that a token is longer than its text. */
export const fernetOverhead = headBytes + blockBytes + macBytes;

/**
 * @param key 32 bytes.
 * @param iv 16 fresh random bytes.
 * @param now milliseconds since 1970.
 */
export function sealFernet(key: Uint8Array, text: Uint8Array, now: number, iv: Uint8Array): Buffer {
  const head = Buffer.alloc(headBytes);
  head[0] = version;
  head.writeBigUInt64BE(BigInt(Math.floor(now / 1000)), 1);
  head.set(iv, 9);
  const cipher = createCipheriv('aes-128-cbc', key.subarray(16), iv);
  const signed = Buffer.concat([head, cipher.update(text), cipher.final()]);
  return Buffer.concat([signed, mac(key, signed)]);
}

/** @throws SecurityError with code `unopened`: another key, altered, or not a token at all. */
export function openFernet(key: Uint8Array, token: Uint8Array): Buffer {
  const ciphertextBytes = token.length - headBytes - macBytes;
  if (ciphertextBytes < blockBytes || ciphertextBytes % blockBytes !== 0 || token[0] !== version) throw unopenedToken();
  const signed = token.subarray(0, -macBytes);
  if (!timingSafeEqual(mac(key, signed), token.subarray(-macBytes))) throw unopenedToken();
  const decipher = createDecipheriv('aes-128-cbc', key.subarray(16), token.subarray(9, headBytes));
  try {
    return Buffer.concat([decipher.update(signed.subarray(headBytes)), decipher.final()]);
  } catch (cause) {
    throw unopenedToken(cause);
  }
}

function mac(key: Uint8Array, signed: Uint8Array): Buffer {
  return createHmac('sha256', key.subarray(0, 16)).update(signed).digest();
}

function unopenedToken(cause?: unknown): SecurityError {
  return new SecurityError("A body was not sealed with this channel's keys, or was altered on the way.", {
    code: 'unopened',
    cause,
  });
}

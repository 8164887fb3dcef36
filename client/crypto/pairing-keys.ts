/**
 * The keys of a pairing. Secret of the invite: channel secret; secret of invite and PIN together: ISK (CPace).
 *
 *     k0      = HKDF(channel secret, "btr invite key")     wraps the bundle, the reply's header and a refusal
 *     root    = HKDF(ISK, salt = channel secret, "btr root")
 *     bind    = HKDF(ISK, "btr bind")                      proves to the inviter that the joiner had the PIN
 *     confirm = HKDF(root, "btr confirm")                  and to the joiner that the inviter has accepted
 *     box     = AES-256-GCM of the first message under the 44 bytes of HKDF(root, session id, "btr reply")
 */
import { createCipheriv, createDecipheriv, hkdfSync, timingSafeEqual } from 'node:crypto';
import { errorCode } from '../errors.ts';
import { deriveKey } from './keys.ts';

const tagBytes = 16;

export function inviteKey(channelSecret: Uint8Array): Buffer {
  return deriveKey(channelSecret, 'btr invite key');
}

/** @param isk 64 bytes. */
export function rootOf(isk: Uint8Array, channelSecret: Uint8Array): Buffer {
  return deriveKey(isk, 'btr root', channelSecret);
}

export function bindValue(isk: Uint8Array): Buffer {
  return deriveKey(isk, 'btr bind');
}

export function confirmValue(root: Uint8Array): Buffer {
  return deriveKey(root, 'btr confirm');
}

export function sameValue(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Key and nonce serve one box only: a root belongs to one reply. */
export function sealBox(root: Uint8Array, session: Uint8Array, message: Uint8Array): Buffer {
  const { key, nonce } = boxKey(root, session);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const sealed = [cipher.update(message), cipher.final()];
  return Buffer.concat([...sealed, cipher.getAuthTag()]);
}

/** Undefined where it was not sealed under this root. */
export function openBox(root: Uint8Array, session: Uint8Array, box: Uint8Array): Buffer | undefined {
  if (box.length < tagBytes) return undefined;
  const { key, nonce } = boxKey(root, session);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  decipher.setAuthTag(box.subarray(-tagBytes));
  const message = decipher.update(box.subarray(0, -tagBytes));
  try {
    decipher.final();
    return message;
  } catch (cause) {
    if (errorCode(cause)?.startsWith('ERR_') ?? false) throw cause;
    return undefined;
  }
}

function boxKey(root: Uint8Array, session: Uint8Array): { key: Uint8Array; nonce: Uint8Array } {
  const bytes = Buffer.from(hkdfSync('sha256', root, session, 'btr reply', 44));
  return { key: bytes.subarray(0, 32), nonce: bytes.subarray(32) };
}

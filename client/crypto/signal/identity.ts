/** A person's long-term key pair, and what two people compare to know each other's. */
import { ownBytes } from './bytes.ts';

/** libsignal's "Fingerprint": hash rounds of a safety number, as Signal's apps do; version 2 takes any identifier. */
const rounds = 5200;
const version = 2;

/** A new IdentityKeyPair as libsignal writes it. */
export async function generateIdentity(): Promise<Buffer> {
  const { IdentityKeyPair } = await import('./libsignal.ts');
  return Buffer.from(IdentityKeyPair.generate().serialize());
}

/** Its public key, 33 bytes. */
export async function publicIdentity(identity: Uint8Array): Promise<Buffer> {
  const { IdentityKeyPair } = await import('./libsignal.ts');
  return Buffer.from(IdentityKeyPair.deserialize(ownBytes(identity)).publicKey.serialize());
}

/** Whether 33 bytes are a public key at all. */
export async function isIdentityKey(key: Uint8Array): Promise<boolean> {
  const { LibSignalErrorBase, PublicKey } = await import('@signalapp/libsignal-client');
  try {
    PublicKey.deserialize(ownBytes(key));
    return true;
  } catch (error) {
    if (error instanceof LibSignalErrorBase) return false;
    throw error;
  }
}

interface SafetyNumber {
  /** 60 decimal digits, the same on both sides. */
  readonly digits: string;
  /** For a QR code; the other side's has its two halves the other way round. */
  readonly scannable: Buffer;
}

/** @param own @param peer public identity keys, 33 bytes. */
export async function safetyNumber(own: Uint8Array, peer: Uint8Array): Promise<SafetyNumber> {
  const { Fingerprint, PublicKey } = await import('./libsignal.ts');
  const [ownKey, peerKey] = [ownBytes(own), ownBytes(peer)];
  const fingerprint = Fingerprint.new(
    rounds,
    version,
    ownKey,
    PublicKey.deserialize(ownKey),
    peerKey,
    PublicKey.deserialize(peerKey),
  );
  return {
    digits: fingerprint.displayableFingerprint().toString(),
    scannable: Buffer.from(fingerprint.scannableFingerprint().toBuffer()),
  };
}

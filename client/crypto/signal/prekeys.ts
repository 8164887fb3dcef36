/**
 * Prekeys: what one side makes ahead so that the other can start a session while it is away (PQXDH, Signal's "The
 * PQXDH Key Agreement Protocol"). The one-time bundle of an invite has all three keys; a renewal bundle has no one-time
 * key, and its Kyber key is of the last-resort kind: good for more than one session.
 *
 *     bundle = version (1) | identity key (33) | id (varint) | flags (1) | one-time key (33, flag 1) | signed key (33)
 *            | signature (64) | Kyber key (1569) | signature (64)
 */
import { randomInt } from 'node:crypto';
import { ByteReader, ByteWriter, malformed } from '../../protocol/bytes.ts';
import { ownBytes } from './bytes.ts';
import type { PreKeyBundle, PublicKey } from './libsignal.ts';

const version = 1;
const publicKeyBytes = 33;
const signatureBytes = 64;
/** ML-KEM-1024 or Kyber-1024 with libsignal's type byte in front. */
const kyberKeyBytes = 1569;

/** What opening the first message of a session needs; sealed while it lives. */
export interface PrivatePrekeys {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly madeAt: number;
  /** Records as libsignal writes them, base64. */
  readonly oneTime?: string;
  readonly signed: string;
  readonly kyber: string;
  /** Base keys (base64) of the sessions that were started with it: no session is started twice. */
  readonly used: readonly string[];
}

export interface Prekeys {
  readonly bundle: Buffer;
  readonly secret: PrivatePrekeys;
}

/** @param identity an IdentityKeyPair as libsignal writes it. @param now milliseconds since 1970. */
export async function makePrekeys(identity: Uint8Array, form: 'one-time' | 'renewal', now: number): Promise<Prekeys> {
  const signal = await import('./libsignal.ts');
  const pair = signal.IdentityKeyPair.deserialize(ownBytes(identity));
  // One id for the three of a bundle; random, so that those of several bundles are told apart.
  const id = randomInt(1, 0xff_ffff);
  const oneTime = form === 'one-time' ? signal.PrivateKey.generate() : undefined;
  const signedKey = signal.PrivateKey.generate();
  const signedPublic = signedKey.getPublicKey();
  const signedSignature = pair.privateKey.sign(signedPublic.serialize());
  const kyber = signal.KEMKeyPair.generate();
  const kyberPublic = kyber.getPublicKey().serialize();
  const kyberSignature = pair.privateKey.sign(kyberPublic);
  const writer = new ByteWriter(2048).u8(version).fixed(pair.publicKey.serialize()).varint(id);
  writer.u8(oneTime ? 1 : 0);
  if (oneTime) writer.fixed(oneTime.getPublicKey().serialize());
  writer.fixed(signedPublic.serialize()).fixed(signedSignature).fixed(kyberPublic).fixed(kyberSignature);
  const signedRecord = signal.SignedPreKeyRecord.new(id, now, signedPublic, signedKey, signedSignature);
  const secret = {
    id,
    madeAt: now,
    ...(oneTime ? { oneTime: text(signal.PreKeyRecord.new(id, oneTime.getPublicKey(), oneTime).serialize()) } : {}),
    signed: text(signedRecord.serialize()),
    kyber: text(signal.KyberPreKeyRecord.new(id, now, kyber, kyberSignature).serialize()),
    used: [],
  };
  return { bundle: writer.finish(), secret };
}

interface BundleFields {
  readonly identity: Buffer;
  readonly id: number;
  readonly oneTime: Buffer | undefined;
  readonly signed: Buffer;
  readonly signedSignature: Buffer;
  readonly kyber: Buffer;
  readonly kyberSignature: Buffer;
}

/** @throws SecurityError with code `malformed`. */
function decodeBundle(bytes: Uint8Array): BundleFields {
  const reader = new ByteReader(bytes);
  const written = reader.u8();
  if (written !== version) throw malformed(`bundle version ${written} is not known`);
  const identity = reader.fixed(publicKeyBytes);
  const id = reader.varint();
  if (id < 1 || id > 0xff_ffff) throw malformed('a prekey has an id out of range');
  const flags = reader.u8();
  if (flags > 1) throw malformed('flags of a bundle are not known');
  const fields = {
    identity,
    id,
    oneTime: flags === 1 ? reader.fixed(publicKeyBytes) : undefined,
    signed: reader.fixed(publicKeyBytes),
    signedSignature: reader.fixed(signatureBytes),
    kyber: reader.fixed(kyberKeyBytes),
    kyberSignature: reader.fixed(signatureBytes),
  };
  reader.end();
  return fields;
}

/** The identity key in a bundle, 33 bytes. @throws SecurityError with code `malformed`. */
export function bundleIdentity(bytes: Uint8Array): Buffer {
  return decodeBundle(bytes).identity;
}

/** @throws SecurityError with code `malformed`, also where a key in it is none. */
export async function readBundle(bytes: Uint8Array): Promise<PreKeyBundle> {
  const signal = await import('./libsignal.ts');
  const { identity, id, oneTime, signed, signedSignature, kyber, kyberSignature } = decodeBundle(bytes);
  const key = (encoded: Buffer): PublicKey => signal.PublicKey.deserialize(ownBytes(encoded));
  try {
    return signal.PreKeyBundle.new(
      1,
      1,
      oneTime ? id : null,
      oneTime ? key(oneTime) : null,
      id,
      key(signed),
      ownBytes(signedSignature),
      key(identity),
      id,
      signal.KEMPublicKey.deserialize(ownBytes(kyber)),
      ownBytes(kyberSignature),
    );
  } catch (error) {
    if (error instanceof signal.LibSignalErrorBase) throw malformed('a key of a bundle is none');
    throw error;
  }
}

/**
 * A bundle that a session can be started from: every key is one, and the identity has signed both prekeys.
 * @throws SecurityError with code `malformed`.
 */
export async function checkBundle(bytes: Uint8Array): Promise<void> {
  const bundle = await readBundle(bytes);
  const identity = bundle.identityKey();
  const isSigned =
    identity.verify(bundle.signedPreKeyPublic().serialize(), bundle.signedPreKeySignature()) &&
    identity.verify(bundle.kyberPreKeyPublic().serialize(), bundle.kyberPreKeySignature());
  if (!isSigned) throw malformed('the signatures of a bundle are wrong');
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

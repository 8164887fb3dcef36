/**
 * The bodies of a pairing, under the invite key k0 (crypto/pairing-keys.ts), each in an envelope of a form of its own:
 *
 *     bundle  = the inviter's prekey bundle (crypto/signal/prekeys.ts)
 *     reply   = session id (16) | Yb (32) | the joiner's identity key (33) | box
 *     refusal = session id (16) | Yb of the refused reply (32) | reason (1)
 *
 * and the frames inside the session, by which it is confirmed and later renewed:
 *
 *     bind    = HKDF(ISK, "btr bind") (32) | the joiner's renewal bundle
 *     confirm = HKDF(root, "btr confirm") (32) | the inviter's renewal bundle
 */
import { ByteReader, ByteWriter, malformed } from './bytes.ts';
import { type RefusalReason, refusalReasons } from './pairing.ts';

export const sessionIdBytes = 16;
export const shareBytes = 32;
const identityBytes = 33;
const proofBytes = 32;

export interface Reply {
  readonly session: Uint8Array;
  readonly share: Uint8Array;
  readonly identity: Uint8Array;
  /** The first message of the session, under the root. */
  readonly box: Uint8Array;
}

export function encodeReply({ session, share, identity, box }: Reply): Buffer {
  return new ByteWriter(box.length + 128).fixed(session).fixed(share).fixed(identity).fixed(box).finish();
}

/** @throws SecurityError with code `malformed`. */
export function decodeReply(bytes: Uint8Array): Reply {
  const reader = new ByteReader(bytes);
  return {
    session: reader.fixed(sessionIdBytes),
    share: reader.fixed(shareBytes),
    identity: reader.fixed(identityBytes),
    box: reader.rest(),
  };
}

interface Refusal {
  readonly session: Uint8Array;
  readonly share: Uint8Array;
  readonly reason: RefusalReason;
}

export function encodeRefusal({ session, share, reason }: Refusal): Buffer {
  return new ByteWriter(64).fixed(session).fixed(share).u8(refusalReasons.indexOf(reason)).finish();
}

/** @throws SecurityError with code `malformed`. */
export function decodeRefusal(bytes: Uint8Array): Refusal {
  const reader = new ByteReader(bytes);
  const session = reader.fixed(sessionIdBytes);
  const share = reader.fixed(shareBytes);
  const reason = refusalReasons[reader.u8()];
  reader.end();
  if (reason === undefined) throw malformed('the reason of a refusal is not known');
  return { session, share, reason };
}

/** The content of a `bind` or `confirm` frame. */
interface Proof {
  readonly value: Uint8Array;
  readonly renewal: Uint8Array;
}

export function encodeProof({ value, renewal }: Proof): Buffer {
  return new ByteWriter(2048).fixed(value).bytes(renewal).finish();
}

/** @throws SecurityError with code `malformed`. */
export function decodeProof(bytes: Uint8Array): Proof {
  const reader = new ByteReader(bytes);
  const proof = { value: reader.fixed(proofBytes), renewal: reader.bytes() };
  reader.end();
  return proof;
}

/**
 * CPace: from a short PIN that two people share to a strong key, with one guess a run for whoever stands between them
 * (draft-irtf-cfrg-cpace-21, "CPace, a balanced composable PAKE", suite CPACE-RISTR255-SHA512, initiator/responder).
 *
 *     g   = derive(SHA-512(lv_cat(DSI, PRS, zero padding, CI, sid)))     a generator that only the PIN's owners know
 *     Ya  = g * ya, Yb = g * yb                                          the shares, 32 bytes each
 *     K   = Yb * ya = Ya * yb
 *     ISK = SHA-512(lv_cat(DSI || "_ISK", sid, K) || lv_cat(Ya, ADa) || lv_cat(Yb, ADb))
 *
 * A share tells nothing about the PIN: every PIN could have made it. Who takes part tests one PIN a run; who learned ya,
 * yb or K could test all of them. All here is pure; randomness comes as an argument. Buffers are wiped; points and
 * scalars pass through BigInts as well, which nobody can wipe.
 */
import { createHash } from 'node:crypto';
import { mapHashToField } from '@noble/curves/abstract/modular.js';
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { SecurityError } from '../errors.ts';
import { ByteWriter } from '../protocol/bytes.ts';

const { Point } = ristretto255;
type Element = ReturnType<typeof Point.fromBytes>;

const dsi = Buffer.from('CPaceRistretto255');
const iskDsi = Buffer.from('CPaceRistretto255_ISK');
/** SHA-512 takes this much at a time: the PIN gets a block of its own, so that what follows it hashes in like time. */
const hashBlockBytes = 128;
/** The longest length before a part. */
const lengthBytes = 5;

/** Bytes of the randomness that a run takes: twice a scalar's, so that its reduction leaves a bias of 2^-259. */
export const scalarSeedBytes = 64;

/** What both sides must have alike, byte for byte. */
export interface CpaceInput {
  /** The password related string: the PIN's bytes. */
  readonly prs: Uint8Array;
  /** The channel identifier: who talks to whom, over what. */
  readonly ci: Uint8Array;
  /** The session id, fresh for each run. */
  readonly sid: Uint8Array;
}

export type CpaceRole = 'initiator' | 'responder';

/** One side's half of the transcript. */
interface CpaceSide {
  /** Ya or Yb, 32 bytes. */
  readonly share: Uint8Array;
  /** ADa or ADb: what that side says along with its share. */
  readonly data: Uint8Array;
}

/** What was said, the same on both sides. */
export type CpaceTranscript = Readonly<Record<CpaceRole, CpaceSide>>;

interface CpaceStart {
  /** ya or yb, 32 bytes: secret, for this run only; to be erased when it ends. */
  readonly scalar: Uint8Array;
  /** Ya or Yb, 32 bytes, for the other side. */
  readonly share: Uint8Array;
}

/**
 * One side's first step.
 * @param scalarSeed 64 fresh random bytes; the caller wipes them.
 */
export function startCpace(input: CpaceInput, scalarSeed: Uint8Array): CpaceStart {
  if (scalarSeed.length !== scalarSeedBytes) throw new RangeError('a scalar seed has 64 bytes');
  // Reduced to 1 .. order - 1: never the zero that would make the share the identity.
  const scalar = mapHashToField(scalarSeed, Point.Fn.ORDER, true);
  return { scalar, share: multiplyShare(cpaceGenerator(input), scalar) };
}

/**
 * One side's last step: the 64-byte ISK, which is the other side's only where PIN, sid, CI and transcript were the same.
 * The PIN is not needed again: it went into the share.
 * @param own what `startCpace` gave; the caller erases its scalar.
 * @throws SecurityError with code `bad-share`: see `multiplyShare`.
 */
export function finishCpace(
  { sid }: Pick<CpaceInput, 'sid'>,
  own: Pick<CpaceStart, 'scalar'>,
  transcript: CpaceTranscript,
  as: CpaceRole,
): Buffer {
  const { initiator, responder } = transcript;
  const peer = as === 'initiator' ? responder : initiator;
  const secret = multiplyShare(peer.share, own.scalar);
  const hashed = Buffer.concat([
    lvCat(iskDsi, sid, secret),
    lvCat(initiator.share, initiator.data),
    lvCat(responder.share, responder.data),
  ]);
  const isk = createHash('sha512').update(hashed).digest();
  secret.fill(0);
  hashed.fill(0);
  return isk;
}

/** Whether a share can be finished with: 32 bytes, the one encoding of a group element, and not the identity. */
export function isValidShare(share: Uint8Array): boolean {
  try {
    return !Point.fromBytes(share).is0();
  } catch {
    return false;
  }
}

/** `generator_string` of the draft: what is hashed to the generator. Holds the PIN. */
export function generatorString({ prs, ci, sid }: CpaceInput): Buffer {
  const padding = Math.max(0, hashBlockBytes - 1 - lvCat(prs).length - lvCat(dsi).length);
  return lvCat(dsi, prs, Buffer.alloc(padding), ci, sid);
}

/** `calculate_generator` of the draft: the run's generator, encoded. As secret as the PIN. */
export function cpaceGenerator(input: CpaceInput): Uint8Array {
  const text = generatorString(input);
  const hash = createHash('sha512').update(text).digest();
  const generator = deriveElement(hash).toBytes();
  text.fill(0);
  hash.fill(0);
  return generator;
}

/**
 * `scalar_mult_vfy` of the draft.
 * @param scalar 32 bytes, little-endian, 1 .. order - 1.
 * @throws SecurityError with code `bad-share`: no valid encoding, or the product is the identity, as it is of itself.
 */
export function multiplyShare(share: Uint8Array, scalar: Uint8Array): Uint8Array {
  const product = decodeShare(share).multiply(Point.Fn.fromBytes(scalar));
  if (product.is0()) throw badShare();
  return product.toBytes();
}

/** "Element Derivation" of RFC 9496, section 4.3.4, from 64 uniform bytes. */
function deriveElement(hash: Uint8Array): Element {
  const { deriveToCurve } = ristretto255_hasher;
  if (deriveToCurve === undefined) throw new TypeError('this @noble/curves derives no ristretto255 elements');
  return deriveToCurve(hash);
}

function decodeShare(share: Uint8Array): Element {
  try {
    return Point.fromBytes(share);
  } catch (cause) {
    throw badShare(cause);
  }
}

function badShare(cause?: unknown): SecurityError {
  return new SecurityError('The other side sent a pairing value that no honest client makes.', {
    code: 'bad-share',
    hint: 'Make a new invite and pair again.',
    cause,
  });
}

/** `lv_cat` of the draft: each part after its length, an unsigned LEB128 number. */
function lvCat(...parts: readonly Uint8Array[]): Buffer {
  // Room for all from the start: a writer that grows would leave copies behind.
  const writer = new ByteWriter(parts.reduce((sum, part) => sum + part.length + lengthBytes, 0));
  for (const part of parts) writer.bytes(part);
  return writer.finish();
}

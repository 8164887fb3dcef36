/**
 * The envelope: what a queue carries, and all that the cloud sees of it is its size.
 *
 *     envelope = version (1) | salt (32) | AES-256-GCM(content) | tag (16)
 *     content  = sender (length (1), ASCII) | suite (1) | form (1) | length (4) | sealed | zeros up to the size
 *
 * Key and nonce are the 44 bytes of HKDF-SHA-256 (RFC 5869) over the wrap key with that salt: fresh for every
 * envelope, so the nonce never repeats under a key. Associated data = version | direction | channel id: an envelope
 * that is reflected or moved to another channel does not open.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { errorCode, SecurityError } from '../errors.ts';
import { ByteReader, ByteWriter, malformed } from './bytes.ts';
import { paddedBytes } from './padding.ts';
import type { Direction, MemberId } from './roles.ts';

const envelopeVersion = 1;
const saltBytes = 32;
const tagBytes = 16;
const maxMemberBytes = 32;

/** Most bytes an envelope adds to what is sealed inside. */
export const envelopeOverhead = 1 + saltBytes + 1 + maxMemberBytes + 1 + 1 + 4 + tagBytes;

/**
 * `inline`: the suite's sealed bytes stand here. `pointer`: an encoded Pointer to an envelope in the parcel store.
 * `bundle`, `reply`, `refusal`: steps of a pairing (pairing-wire.ts), under the key of an invite. `restored`: the other
 * side tells that this home used keys twice; outside the ratchet, since that is what is out of step, and empty.
 */
const forms = ['inline', 'pointer', 'bundle', 'reply', 'refusal', 'restored'] as const;
export type EnvelopeForm = (typeof forms)[number];

export interface EnvelopeContent {
  readonly sender: MemberId;
  readonly suite: number;
  readonly form: EnvelopeForm;
  readonly sealed: Uint8Array;
}

export interface WrapContext {
  readonly channelId: Uint8Array;
  readonly direction: Direction;
}

/** HKDF(root, direction, epoch): what envelopes of one epoch are wrapped with. */
export function deriveWrapKey(root: Uint8Array, direction: Direction, epoch: number): Uint8Array {
  return Buffer.from(hkdfSync('sha256', root, '', `btr wrap ${direction} ${epoch}`, 32));
}

/** @param salt 32 bytes, fresh: see `timedSalt`. */
export function sealEnvelope(
  content: EnvelopeContent,
  wrapKey: Uint8Array,
  context: WrapContext,
  salt: Uint8Array,
): Buffer {
  const inner = new ByteWriter(content.sealed.length + maxMemberBytes + 8)
    .text(content.sender)
    .u8(content.suite)
    .u8(forms.indexOf(content.form))
    .u32(content.sealed.length)
    .fixed(content.sealed)
    .finish();
  const outside = 1 + saltBytes + tagBytes;
  const padding = Buffer.alloc(paddedBytes(inner.length + outside) - outside - inner.length);
  const { key, nonce } = envelopeKey(wrapKey, salt);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associatedData(context));
  const sealed = [cipher.update(inner), cipher.update(padding), cipher.final()];
  return Buffer.concat([Buffer.of(envelopeVersion), salt, ...sealed, cipher.getAuthTag()]);
}

/** @throws SecurityError: `unopened` where the key is not the one it was sealed with, `malformed` past that. */
export function openEnvelope(envelope: Uint8Array, wrapKey: Uint8Array, context: WrapContext): EnvelopeContent {
  const reader = new ByteReader(envelope);
  const version = reader.u8();
  if (version !== envelopeVersion) throw malformed(`envelope version ${version} is not known`);
  const salt = reader.fixed(saltBytes);
  if (reader.left < tagBytes) throw malformed('it ends too early');
  const { key, nonce } = envelopeKey(wrapKey, salt);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  const ciphertext = reader.fixed(reader.left - tagBytes);
  decipher.setAAD(associatedData(context)).setAuthTag(reader.rest());
  const inner = decipher.update(ciphertext);
  try {
    decipher.final();
  } catch (cause) {
    if (errorCode(cause)?.startsWith('ERR_') ?? false) throw cause;
    throw unopened();
  }
  return decodeContent(inner);
}

const randomSaltBytes = 28;
const hour = 60 * 60 * 1000;

/**
 * A salt that tells whoever has the wrap key when it was made, and is random to everybody else:
 *
 *     salt = random (28) | hours since 1970 (4) XOR the first bytes of HKDF(wrap key, salt = random, "btr sealed at")
 *
 * A body that comes again long after it was dealt with, when its hash is forgotten, must not pass for news.
 * @param random 28 fresh random bytes. @param now milliseconds since 1970.
 */
export function timedSalt(wrapKey: Uint8Array, random: Uint8Array, now: number): Buffer {
  const time = Buffer.alloc(4);
  time.writeUInt32BE(Math.floor(now / hour) >>> 0);
  return Buffer.concat([random, masked(wrapKey, random, time)]);
}

/** When an envelope that opened was sealed, to the hour; milliseconds since 1970. Any time where its salt has none. */
export function sealedAt(envelope: Uint8Array, wrapKey: Uint8Array): number {
  const salt = envelope.subarray(1, 1 + saltBytes);
  const time = masked(wrapKey, salt.subarray(0, randomSaltBytes), salt.subarray(randomSaltBytes));
  return time.readUInt32BE() * hour;
}

function masked(wrapKey: Uint8Array, random: Uint8Array, time: Uint8Array): Buffer {
  const mask = Buffer.from(hkdfSync('sha256', wrapKey, random, 'btr sealed at', time.length));
  return Buffer.from(mask.map((byte, index) => byte ^ (time[index] ?? 0)));
}

export function unopened(): SecurityError {
  return new SecurityError("A body was not sealed with this channel's keys, or was altered on the way.", {
    code: 'unopened',
  });
}

function decodeContent(inner: Uint8Array): EnvelopeContent {
  const reader = new ByteReader(inner);
  const sender = reader.fixed(checkedMemberLength(reader.u8())).toString('latin1');
  const suite = reader.u8();
  const form = forms[reader.u8()];
  if (form === undefined) throw malformed('the form of an envelope is not known');
  const sealed = reader.fixed(reader.u32());
  const padding = reader.rest();
  if (!padding.equals(Buffer.alloc(padding.length))) throw malformed('the padding is not zero');
  return { sender, suite, form, sealed };
}

function checkedMemberLength(length: number): number {
  if (length === 0 || length > maxMemberBytes) throw malformed('the sender has no name');
  return length;
}

function envelopeKey(wrapKey: Uint8Array, salt: Uint8Array): { key: Uint8Array; nonce: Uint8Array } {
  const bytes = Buffer.from(hkdfSync('sha256', wrapKey, salt, 'btr envelope', 44));
  return { key: bytes.subarray(0, 32), nonce: bytes.subarray(32) };
}

function associatedData({ channelId, direction }: WrapContext): Buffer {
  return new ByteWriter(64).u8(envelopeVersion).text(direction).fixed(channelId).finish();
}

/**
 * What stands in the queue for an envelope that is too large for it: where the envelope lies in the parcel store, its
 * length in bytes and its SHA-256.
 *
 *     pointer = key (length (varint), ASCII) | length (varint) | SHA-256 (32)
 */
interface Pointer {
  readonly objectKey: string;
  readonly bytes: number;
  readonly hash: Uint8Array;
}

export function encodePointer({ objectKey, bytes, hash }: Pointer): Buffer {
  return new ByteWriter(128).text(objectKey).varint(bytes).fixed(hash).finish();
}

export function decodePointer(content: Uint8Array): Pointer {
  const reader = new ByteReader(content);
  const pointer = { objectKey: reader.text(), bytes: reader.varint(), hash: reader.fixed(32) };
  reader.end();
  return pointer;
}

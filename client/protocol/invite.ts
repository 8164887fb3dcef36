/**
 * The invite: what the inviter hands over once. Whoever has it and the PIN can join; whoever has it alone has one
 * guess at the PIN, and the inviter notices.
 *
 *     invite = version (1) | session id (16) | Ya (32) | SHA-256 of the bundle (32) | channel id (16)
 *            | channel secret (32) | epoch (varint) | the inviter's role (1: 0 a, 1 b) | expires at, ms since 1970 (varint)
 *            | the inviter's name (text) | the drop's address as JSON (text) | first bytes of SHA-256 of all before (4)
 *     text   = "btr1-" base64url(invite), without padding
 */
import { createHash } from 'node:crypto';
import { SecurityError, SetupError } from '../errors.ts';
import { ByteReader, ByteWriter, malformed } from './bytes.ts';
import { readTime } from './frames.ts';
import { sessionIdBytes, shareBytes } from './pairing-wire.ts';
import type { Role } from './roles.ts';

const version = 1;
const prefix = 'btr1-';
const checksumBytes = 4;
const maxNameBytes = 256;
const maxAddressBytes = 2048;
/** Twice what the largest invite takes: longer texts are not looked at. */
const maxTextLength = 8192;

export interface Invite {
  readonly session: Uint8Array;
  readonly share: Uint8Array;
  readonly bundleHash: Uint8Array;
  readonly channelId: Uint8Array;
  readonly secret: Uint8Array;
  readonly epoch: number;
  /** The inviter's; the joiner takes the other. */
  readonly role: Role;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** What the inviter is called: a suggestion, and somebody else's text. */
  readonly name: string;
  /** The drop's address as the joiner needs it; to be parsed strictly by the drop's kind. */
  readonly address: unknown;
}

/** The bytes that both sides hash as associated data of the key exchange (ADa). */
export function encodeInvite(invite: Invite): Buffer {
  const bytes = new ByteWriter(512)
    .u8(version)
    .fixed(invite.session)
    .fixed(invite.share)
    .fixed(invite.bundleHash)
    .fixed(invite.channelId)
    .fixed(invite.secret)
    .varint(invite.epoch)
    .u8(invite.role === 'a' ? 0 : 1)
    .varint(invite.expiresAt)
    .text(invite.name)
    .text(JSON.stringify(invite.address))
    .finish();
  return Buffer.concat([bytes, checksum(bytes)]);
}

export function formatInvite(bytes: Uint8Array): string {
  return prefix + Buffer.from(bytes).toString('base64url');
}

/**
 * The bytes of an invite's text; white space that mail programs put in is left out.
 * @throws SetupError with code `bad-invite` where it is none, or not a whole one.
 */
export function parseInviteText(text: string): Buffer {
  const packed = text.length > maxTextLength ? '' : text.replace(/\s+/g, '');
  const body = packed.slice(prefix.length);
  const bytes = Buffer.from(body, 'base64url');
  if (!packed.startsWith(prefix)) throw noInvite('This is no invite');
  const content = bytes.subarray(0, -checksumBytes);
  const isText = bytes.toString('base64url') === body && bytes.length > checksumBytes;
  if (!isText || !checksum(content).equals(bytes.subarray(-checksumBytes))) {
    throw noInvite('The invite is not whole, or was changed');
  }
  return bytes;
}

/** @throws SetupError `bad-invite`, or `invite-newer` where a later version wrote it. */
export function decodeInvite(bytes: Uint8Array): Invite {
  try {
    return decode(new ByteReader(bytes.subarray(0, -checksumBytes)));
  } catch (cause) {
    if (cause instanceof SecurityError || cause instanceof SyntaxError) throw noInvite('The invite makes no sense');
    throw cause;
  }
}

function decode(reader: ByteReader): Invite {
  const written = reader.u8();
  if (written > version) {
    throw new SetupError('This invite was made by a newer version of btr.', {
      code: 'invite-newer',
      hint: 'Install the current btr, then join again.',
    });
  }
  if (written !== version) throw malformed('an invite has no version');
  const invite = {
    session: reader.fixed(sessionIdBytes),
    share: reader.fixed(shareBytes),
    bundleHash: reader.fixed(32),
    channelId: reader.fixed(16),
    secret: reader.fixed(32),
    epoch: epochOf(reader.varint()),
    role: roleOf(reader.u8()),
    expiresAt: readTime(reader),
    name: limited(reader.text(), maxNameBytes),
    address: JSON.parse(limited(reader.text(), maxAddressBytes)),
  };
  reader.end();
  return invite;
}

/** One more for each pairing of a channel: no channel comes near it. */
function epochOf(epoch: number): number {
  if (epoch < 2 ** 32) return epoch;
  throw malformed('an epoch is too high');
}

function roleOf(byte: number): Role {
  if (byte > 1) throw malformed('an invite names no role');
  return byte === 0 ? 'a' : 'b';
}

function limited(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  throw malformed('a text of an invite is too long');
}

function checksum(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, checksumBytes);
}

function noInvite(what: string): SetupError {
  return new SetupError(`${what}.`, {
    code: 'bad-invite',
    hint: 'Copy it whole, from btr1- to its end, or ask for it again.',
  });
}

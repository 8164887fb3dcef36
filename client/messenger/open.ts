/** Opening a body: from what a drop delivered to frames (or a text, in an unframed suite) and the suite's next state. */
import { createHash } from 'node:crypto';
import type { Suite, SuiteState } from '../crypto/suite.ts';
import { suiteNamed } from '../crypto/suites.ts';
import type { Drop } from '../drops/drop.ts';
import { SecurityError } from '../errors.ts';
import { decodeBody } from '../protocol/body.ts';
import { malformed } from '../protocol/bytes.ts';
import { decodePointer, type EnvelopeContent, openEnvelope, unopened } from '../protocol/envelope.ts';
import { decodePacket, frameKinds, type Packet, type PassingFrame } from '../protocol/frames.ts';
import { parseParcelKey } from '../protocol/parcel-key.ts';
import { decodeAcknowledgements, decodeGone, decodeResend } from '../protocol/ranges.ts';
import { directionFrom, directionTo, otherRole } from '../protocol/roles.ts';
import type { Channel, Session } from '../store/channels.ts';
import type { Context } from './context.ts';
import { channelIdBytes, receivingKeys, sessionKey, type WrapKey, wrapKey } from './session.ts';

/** The largest envelope that is fetched from the parcel store, in bytes. */
export const maxEnvelopeBytes = 64 * 1024 * 1024;

export type OpenedContent = { readonly packet: Packet } | { readonly text: Buffer };

/** Sessions by epoch: as they were read, and the state they will have once what was opened so far is committed. */
export type SessionStates = Map<number, { readonly read: Session; readonly state: SuiteState }>;

/**
 * Opens one body and advances `states`.
 * @throws SecurityError: `unopened`, `reflected`, `wrong-sender`, `wrong-suite` or `malformed`; DropError where an
 * oversized envelope could not be fetched.
 */
export async function openBody(
  context: Context,
  channel: Channel,
  drop: Drop,
  body: string,
  states: SessionStates,
  signal: AbortSignal | undefined,
): Promise<OpenedContent> {
  const suite = suiteNamed(channel.suite);
  if (!suite.framed) return openWith(context, channel, suite, 0, tokenBytes(body), states);
  const { content, epoch, key } = unwrap(channel, decodeBody(body));
  const envelope = content.form === 'inline' ? content : await fetchEnvelope(channel, drop, key, content, signal);
  checkOrigin(channel, suite, envelope);
  return openWith(context, channel, suite, epoch, envelope.sealed, states);
}

/** Tries the wrap keys that are held, newest first. */
function unwrap(channel: Channel, envelope: Uint8Array): { content: EnvelopeContent; epoch: number; key: WrapKey } {
  const about = { channelId: channelIdBytes(channel), direction: directionTo(channel.role) };
  for (const key of receivingKeys(channel)) {
    const content = tryEnvelope(envelope, key, about);
    if (content) return { content, epoch: key.epoch, key };
  }
  const back = { channelId: about.channelId, direction: directionFrom(channel.role) };
  for (const root of channel.roots) {
    if (!tryEnvelope(envelope, wrapKey(root, back.direction), back)) continue;
    throw new SecurityError('One of your own bodies came back as if the other side had sent it.', {
      code: 'reflected',
    });
  }
  throw unopened();
}

function tryEnvelope(envelope: Uint8Array, key: WrapKey, about: Parameters<typeof openEnvelope>[2]) {
  try {
    return openEnvelope(envelope, key.key, about);
  } catch (error) {
    if (error instanceof SecurityError && error.code === 'unopened') return undefined;
    throw error;
  }
}

async function fetchEnvelope(
  channel: Channel,
  drop: Drop,
  key: WrapKey,
  content: EnvelopeContent,
  signal: AbortSignal | undefined,
): Promise<EnvelopeContent> {
  const pointer = decodePointer(content.sealed);
  if (pointer.bytes > maxEnvelopeBytes) throw malformed('an envelope is too large');
  if (parseParcelKey(pointer.objectKey)?.role !== otherRole(channel.role)) throw malformed('a pointer leads astray');
  if (!drop.parcels) throw new SecurityError('A large message, and the drop keeps no parcels.', { code: 'no-parcels' });
  const range = { offset: 0, length: pointer.bytes };
  const pieces: Uint8Array[] = [];
  for await (const piece of drop.parcels.get(pointer.objectKey, range, signal ? { signal } : {})) {
    pieces.push(Uint8Array.from(piece));
  }
  const envelope = Buffer.concat(pieces);
  if (!createHash('sha256').update(envelope).digest().equals(pointer.hash)) throw unopened();
  const inner = openEnvelope(envelope, key.key, {
    channelId: channelIdBytes(channel),
    direction: directionTo(channel.role),
  });
  if (inner.form !== 'inline') throw malformed('a pointer leads to a pointer');
  return inner;
}

/** The envelope is authentic; what it says of itself must still be what this channel agreed on. */
function checkOrigin(channel: Channel, suite: Suite, { sender, suite: byte }: EnvelopeContent): void {
  if (sender !== otherRole(channel.role)) {
    throw new SecurityError('A body names a sender that does not send this way.', { code: 'wrong-sender' });
  }
  if (byte === suite.byte) return;
  throw new SecurityError('A body was sealed with another suite than this channel has.', { code: 'wrong-suite' });
}

async function openWith(
  context: Context,
  channel: Channel,
  suite: Suite,
  epoch: number,
  sealed: Uint8Array,
  states: SessionStates,
): Promise<OpenedContent> {
  const read = states.get(epoch)?.read ?? context.home.channels.session(sessionKey(channel, epoch));
  if (!read) throw unopened();
  const about = { direction: directionTo(channel.role), sender: otherRole(channel.role), now: context.now() };
  const { state, content } = await suite.open(states.get(epoch)?.state ?? read.state, sealed, about);
  const opened = suite.framed ? { packet: checkedPacket(content) } : { text: Buffer.from(content) };
  states.set(epoch, { read, state });
  return opened;
}

/** A packet of which every frame that is known here decodes: what is committed later can't fail on them. */
function checkedPacket(content: Uint8Array): Packet {
  const packet = decodePacket(content);
  for (const frame of packet.passing) checkPassing(frame);
  return packet;
}

function checkPassing({ kind, content }: PassingFrame): void {
  if (kind === frameKinds.acknowledgement) decodeAcknowledgements(content);
  if (kind === frameKinds.resend) decodeResend(content);
  if (kind === frameKinds.gone) decodeGone(content);
}

/** The token of an unframed body: padded, URL-safe base64. */
function tokenBytes(body: string): Buffer {
  if (!/^[A-Za-z0-9_-]+={0,2}$/.test(body)) throw malformed('a body is not base64');
  return Buffer.from(body, 'base64url');
}

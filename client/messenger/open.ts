/** Opening a body: from what a drop delivered to frames (or a text, in an unframed suite) and the suite's next state. */
import { createHash } from 'node:crypto';
import type { Accepted } from '../crypto/signal/stores.ts';
import type { Suite, SuiteState } from '../crypto/suite.ts';
import { suiteNamed } from '../crypto/suites.ts';
import type { Drop } from '../drops/drop.ts';
import { SecurityError } from '../errors.ts';
import { decodeBody } from '../protocol/body.ts';
import { malformed } from '../protocol/bytes.ts';
import {
  decodePointer,
  deriveWrapKey,
  type EnvelopeContent,
  openEnvelope,
  sealedAt,
  unopened,
} from '../protocol/envelope.ts';
import { decodePacket, frameKinds, type KeptFrame, type Packet, type PassingFrame } from '../protocol/frames.ts';
import { decodeProof } from '../protocol/pairing-wire.ts';
import { parseParcelKey } from '../protocol/parcel-key.ts';
import { decodeAcknowledgements, decodeGone, decodeResend } from '../protocol/ranges.ts';
import { directionFrom, directionTo, otherRole } from '../protocol/roles.ts';
import type { Channel } from '../store/channels.ts';
import type { Session } from '../store/sessions.ts';
import type { Context } from './context.ts';
import { readOldInvites } from './pairing/old-invites.ts';
import { keyOfPairing, readPairing, type StoredPairing } from './pairing/records.ts';
import { readRenewals } from './pairing/renewal.ts';
import { isPairingForm, type PairingForm, type Step } from './pairing/step.ts';
import { fromAnyCopy } from './parcels/copies.ts';
import { channelIdBytes, currentEpoch, receivingKeys, sessionKey, type WrapKey, wrapKey } from './session.ts';
import { seenStay } from './upkeep.ts';

/** The largest envelope that is fetched from the parcel store, in bytes. */
export const maxEnvelopeBytes = 64 * 1024 * 1024;

/** `epoch`: of the session that a packet came in. `restored`: the other side says that this home went back in time. */
export type OpenedContent =
  | { readonly packet: Packet; readonly epoch: number; readonly accepted: Accepted | undefined }
  | { readonly text: Buffer }
  | { readonly step: Step }
  | { readonly restored: true };

/** Sessions by epoch: as they were read, and the state they will have once what was opened so far is committed. */
export type SessionStates = Map<number, { readonly read: Session; readonly state: SuiteState }>;

/**
 * Opens one body and advances `states`.
 * @throws SecurityError: `unopened`, `reflected`, `wrong-sender`, `wrong-suite`, `malformed` or `late`; DropError where
 * an oversized envelope could not be fetched.
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
  const bytes = decodeBody(body);
  const wrapped = unwrap(channel, bytes);
  if (!wrapped) {
    const step = await openPairing(context, channel, bytes);
    if (step) return { step };
    throw isReflected(channel, bytes) ? reflected() : unopened();
  }
  const { content, epoch, key } = wrapped;
  const envelope = content.form !== 'pointer' ? content : await fetchEnvelope(channel, drop, key, content, signal);
  checkOrigin(channel, suite, envelope);
  const isNews = Math.abs(context.now() - sealedAt(bytes, key.key)) < seenStay;
  if (envelope.form === 'restored') {
    if (isNews) return { restored: true };
    throw unopened();
  }
  if (envelope.form !== 'inline') throw malformed('an envelope of a pairing under a key of the channel');
  return openWith(context, channel, suite, epoch, envelope.sealed, states).catch((error: unknown) => {
    if (isLate(context, channel, epoch, error, sealedAt(bytes, key.key))) throw late();
    // What does not fit a session that was replaced, or comes again when its hash is forgotten, is no sign of anything.
    const isSign = isNews && epoch === currentEpoch(channel).epoch;
    throw error instanceof SecurityError && error.code !== 'malformed' && !isSign ? unopened() : error;
  });
}

/**
 * Whether a body does not fit the session because others, by another drop, went past it: a ratchet keeps the keys of a
 * few turns only (libsignal, `MAX_RECEIVER_CHAINS`). Something newer was opened since the hour in which it was sealed;
 * within that hour the other side may have gone back in time as well, which then shows in the next.
 */
function isLate(context: Context, channel: Channel, epoch: number, error: unknown, sealed: number): boolean {
  if (!(error instanceof SecurityError) || error.code !== 'out-of-step' || !channel.further?.length) return false;
  const openedAt = context.home.sessions.get(sessionKey(channel, epoch))?.openedAt;
  return openedAt !== undefined && openedAt >= sealed;
}

function late(): SecurityError {
  return new SecurityError('A body came too late: its session has gone past it.', { code: 'late' });
}

/** A step of a pairing, where the envelope stands under the key of this channel's invite. */
async function openPairing(context: Context, channel: Channel, envelope: Uint8Array): Promise<Step | undefined> {
  const suite = suiteNamed(channel.suite);
  const stored = suite.renew ? readPairing(context, channel) : undefined;
  if (!stored) return undefined;
  const direction = directionTo(channel.role);
  const open = (key: Buffer) => {
    const wrap = { epoch: 0, key: deriveWrapKey(key, direction, 0) };
    return tryEnvelope(envelope, wrap, { channelId: channelIdBytes(channel), direction });
  };
  const key = keyOfPairing(stored.pairing);
  const content = key && open(key);
  if (content) {
    checkOrigin(channel, suite, content);
    if (!isPairingForm(content.form)) throw malformed('a message under the key of an invite');
    return takeStep(context, channel, stored, content.form, content.sealed);
  }
  for (const old of readOldInvites(context, channel)) {
    const late = open(old);
    if (!late) continue;
    checkOrigin(channel, suite, late);
    return (await import('./pairing/late.ts')).takeLate(context, channel, old, late);
  }
  return undefined;
}

async function takeStep(
  context: Context,
  channel: Channel,
  stored: StoredPairing,
  form: PairingForm,
  content: Uint8Array,
): Promise<Step> {
  if (form === 'reply') return (await import('./pairing/accept.ts')).takeReplyBody(context, channel, stored, content);
  const { takeBundle, takeRefusal } = await import('./pairing/reply.ts');
  return form === 'bundle'
    ? takeBundle(context, channel, stored, content)
    : takeRefusal(context, channel, stored, content);
}

interface Wrapped {
  readonly content: EnvelopeContent;
  readonly epoch: number;
  readonly key: WrapKey;
}

/** Tries the wrap keys that are held, newest first. */
function unwrap(channel: Channel, envelope: Uint8Array): Wrapped | undefined {
  const about = { channelId: channelIdBytes(channel), direction: directionTo(channel.role) };
  for (const key of receivingKeys(channel)) {
    const content = tryEnvelope(envelope, key, about);
    if (content) return { content, epoch: key.epoch, key };
  }
  return undefined;
}

function isReflected(channel: Channel, envelope: Uint8Array): boolean {
  const about = { channelId: channelIdBytes(channel), direction: directionFrom(channel.role) };
  return channel.roots.some((root) => tryEnvelope(envelope, wrapKey(root, about.direction), about) !== undefined);
}

function reflected(): SecurityError {
  return new SecurityError('One of your own bodies came back as if the other side had sent it.', { code: 'reflected' });
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
  const { parcels } = drop;
  const envelope = await fromAnyCopy(parcels, signal ? { signal } : {}, async (options) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of parcels.get(pointer.objectKey, range, options)) pieces.push(Uint8Array.from(piece));
    const bytes = Buffer.concat(pieces);
    if (createHash('sha256').update(bytes).digest().equals(pointer.hash)) return bytes;
    throw unopened();
  });
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
  const read = states.get(epoch)?.read ?? context.home.sessions.get(sessionKey(channel, epoch));
  if (!read) throw unopened();
  const about = { direction: directionTo(channel.role), sender: otherRole(channel.role), now: context.now() };
  const prekeys = () => readRenewals(context, channel).own;
  const from = states.get(epoch)?.state ?? read.state;
  const { state, content, accepted } = await suite.open(from, sealed, { ...about, prekeys });
  const opened = suite.framed
    ? { packet: await checkedPacket(content), epoch, accepted }
    : { text: Buffer.from(content) };
  states.set(epoch, { read, state });
  return opened;
}

/** A packet of which every frame that is known here decodes: what is committed later can't fail on them. */
async function checkedPacket(content: Uint8Array): Promise<Packet> {
  const packet = decodePacket(content);
  for (const frame of packet.passing) checkPassing(frame);
  for (const frame of packet.kept) await checkControl(frame);
  return packet;
}

/** Bundles that a session can't be started from would show only when one is needed. */
async function checkControl({ kind, content }: KeptFrame): Promise<void> {
  if (kind !== frameKinds.confirm && kind !== frameKinds.renewal) return;
  const { checkBundle } = await import('../crypto/signal/prekeys.ts');
  await checkBundle(kind === frameKinds.confirm ? decodeProof(content).renewal : content);
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

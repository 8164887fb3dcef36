/**
 * Absorbing what was opened, within one transaction: frames into the inbox, those whose turn has come into the
 * history, acknowledgements and requests into the outbox. Answers the events that follow, to be shown after the commit.
 */
import { createHash } from 'node:crypto';
import { SecurityError } from '../errors.ts';
import { decodeFileNotice } from '../protocol/file-notice.ts';
import { frameKinds, isControl, type KeptFrame, type Packet, type PassingFrame } from '../protocol/frames.ts';
import {
  decodeAcknowledgements,
  decodeGone,
  decodeResend,
  encodeGone,
  formatRanges,
  type Range,
  type ResendRequest,
  toRanges,
  without,
} from '../protocol/ranges.ts';
import { otherRole } from '../protocol/roles.ts';
import type { Channel } from '../store/channels.ts';
import type { Ready } from '../store/inbox.ts';
import type { Context } from './context.ts';
import type { ChannelEvent } from './events.ts';
import { storeNotice, toEvent } from './history.ts';
import { noteLostState } from './lost-state.ts';
import { absorbControl } from './pairing/control-frames.ts';
import { putBack } from './put-back.ts';
import { tellRestored } from './restored.ts';
import { noteTimer, withoutTimer } from './retention.ts';

/** From this request on a frame is sealed anew rather than left again as it was. */
const sealAnewAttempt = 3;

/** An event, and the row of the history that it shows, if it shows one. */
export interface Shown {
  readonly event: ChannelEvent;
  readonly message?: number;
}

/** @param hash of the body that carried it: marked as dealt with. */
export function absorbPacket(context: Context, channel: Channel, packet: Packet, hash: Uint8Array): Shown[] {
  const { inbox, streams } = context.home;
  const now = context.now();
  // Our own stream comes back after a swap of roles: its frames go out again the other way.
  const isEcho = streams.find(channel.id, packet.stream) !== undefined;
  if (isEcho || packet.kept.length === 0) inbox.markSeen(channel.id, hash, now);
  if (isEcho) return [];
  // One packet may set free, or acknowledge, more than the arguments of one call can be.
  const shown: Shown[][] = [];
  if (packet.kept.length > 0) {
    const ready = inbox.accept(channel.id, otherRole(channel.role), packet.stream, packet.kept, now);
    inbox.markSeen(channel.id, hash, now, ready.stream);
    shown.push(storeReady(context, channel, ready));
    if (ready.past.some((frame) => isAnother(context, channel, frame))) tellRestored(context, channel);
  }
  for (const frame of packet.passing) shown.push(absorbPassing(context, channel, frame));
  return shown.flat();
}

/** Whether a number that is past carries another message than before: its sender went back in time. */
function isAnother({ home: { messages, inbox } }: Context, channel: Channel, { kind, id }: KeptFrame): boolean {
  if (kind !== frameKinds.text && kind !== frameKinds.file && kind !== frameKinds.timed) return false;
  return !messages.hasReceived(channel.id, id) && !inbox.isSeen(channel.id, id);
}

/**
 * A text of an unframed suite: it has no number, and its order is the queue's. One of our own comes back after a swap
 * of roles, and goes out again the other way.
 */
export function absorbText(
  context: Context,
  channel: Channel,
  text: Uint8Array,
  body: string,
  hash: Uint8Array,
): Shown[] {
  const now = context.now();
  const { inbox, bodies } = context.home;
  if (inbox.isSeen(channel.id, ownHash(body))) {
    bodies.add(channel.id, body, undefined);
    return [];
  }
  inbox.markSeen(channel.id, hash, now);
  const frame = { kind: frameKinds.text, frameId: hash.subarray(0, 16), content: text };
  return storeMessage(context, channel, { ...frame, sentAt: now, place: undefined, timer: undefined });
}

/** What an unframed body of our own is known by. */
export function ownHash(body: string): Buffer {
  return createHash('sha256').update('own ').update(body).digest();
}

/** Puts frames whose turn has come into the history. */
function storeReady(context: Context, channel: Channel, { stream, frames }: Ready): Shown[] {
  return frames.flatMap((frame) => storeFrame(context, channel, stream, frame));
}

function storeFrame(context: Context, channel: Channel, stream: number, received: KeptFrame): Shown[] {
  const frame = withoutTimer(received);
  if (!frame) {
    const text = `${channel.name} sent a message whose timer makes no sense; it is left alone.`;
    return [{ event: { type: 'notice', channel: channel.name, code: 'bad-timer', text } }];
  }
  if (isControl(frame.kind)) return absorbControl(context, channel, frame);
  // Where the other side numbered it anew, it may be here under its old number.
  const { messages, inbox } = context.home;
  if (messages.hasReceived(channel.id, frame.id) || inbox.isSeen(channel.id, frame.id)) return [];
  if (frame.kind === frameKinds.recall) {
    context.home.files.markRecalled(channel.id, frame.content);
    return [];
  }
  if (frame.kind === frameKinds.file && !storeFile(context, channel, frame)) {
    const text = `${channel.name} sent a file whose notice makes no sense; it is left alone.`;
    return [{ event: { type: 'notice', channel: channel.name, code: 'bad-file-notice', text } }];
  }
  const { kind, id: frameId, sentAt, content, seq, timer } = frame;
  return [
    ...noteTimer(context, channel, frame),
    ...storeMessage(context, channel, { kind, frameId, sentAt, content, place: { stream, seq }, timer }),
  ];
}

/** False where the notice is not one, or not that of this frame. After a swap of roles it may lead to parcels of either role. */
function storeFile(context: Context, channel: Channel, frame: KeptFrame): boolean {
  try {
    const notice = decodeFileNotice(frame.content);
    if (Buffer.compare(notice.id, frame.id) !== 0) return false;
    const about = { id: notice.id, channel: channel.id, outgoing: false, expiresAt: notice.expiresAt };
    context.home.files.add({ ...about, at: context.now(), notice: frame.content });
    return true;
  } catch (error) {
    if (error instanceof SecurityError) return false;
    throw error;
  }
}

interface NewIncoming {
  readonly kind: number;
  readonly frameId: Uint8Array;
  readonly sentAt: number;
  readonly content: Uint8Array;
  readonly place: { readonly stream: number; readonly seq: number } | undefined;
  readonly timer: number | undefined;
}

function storeMessage(context: Context, channel: Channel, incoming: NewIncoming): Shown[] {
  const receivedAt = context.now();
  const id = context.home.messages.add({ ...incoming, channel: channel.id, receivedAt }, true);
  const frameId = Buffer.from(incoming.frameId);
  const content = Buffer.from(incoming.content);
  const { kind, sentAt, place, timer } = incoming;
  const event = toEvent(channel, {
    id,
    frameId,
    kind,
    outgoing: false,
    seq: place?.seq,
    sentAt,
    receivedAt,
    state: undefined,
    shown: false,
    timer,
    content,
  });
  if (event) return [{ event, message: id }];
  context.home.messages.markShown([id], receivedAt);
  return [];
}

function absorbPassing(context: Context, channel: Channel, { kind, deadline, content }: PassingFrame): Shown[] {
  if (deadline > 0 && deadline < context.now()) return [];
  if (kind === frameKinds.acknowledgement) return absorbAcknowledgements(context, channel, content);
  if (kind === frameKinds.resend) sendAgain(context, channel, decodeResend(content));
  if (kind === frameKinds.gone) return absorbGone(context, channel, content);
  return [];
}

function absorbAcknowledgements(context: Context, channel: Channel, content: Uint8Array): Shown[] {
  const acknowledgements = decodeAcknowledgements(content);
  const lost = acknowledgements.flatMap((one) => noteLostState(context, channel, one));
  const delivered = acknowledgements
    .flatMap((acknowledgement) => context.home.outbox.acknowledge(channel.id, acknowledgement))
    .map((id) => ({
      event: { type: 'status', channel: channel.name, id: id.toString('hex'), state: 'delivered' } as const,
    }));
  return [...lost, ...delivered];
}

/** The other side misses numbers: their bodies are left again, or sealed anew; what is no longer here is said. */
function sendAgain(context: Context, channel: Channel, { stream, attempt, ranges }: ResendRequest): void {
  const { outbox, bodies, passing, streams } = context.home;
  const highest = streams.highest(channel.id, stream);
  const gone: Range[] = [];
  for (const range of ranges) {
    const asked = { first: range.first, last: Math.min(range.last, highest) };
    const found = outbox.find(channel.id, stream, asked);
    if (attempt >= sealAnewAttempt) bodies.takeApart(found.bodies);
    else for (const body of found.bodies) bodies.leaveAgain(body, context.now());
    // What was acknowledged before and is asked for now was lost there.
    gone.push(...putBack(context, channel, stream, without(asked, toRanges(found.present))));
  }
  if (gone.length === 0) return;
  passing.add(channel.id, { kind: frameKinds.gone, deadline: 0, content: encodeGone({ stream, ranges: gone }) });
}

function absorbGone(context: Context, channel: Channel, content: Uint8Array): Shown[] {
  const { stream, ranges } = decodeGone(content);
  const { inbox } = context.home;
  // Where nothing of the stream ever came, what is gone of it is missing all the same.
  const id = inbox.find(channel.id, stream) ?? inbox.open(channel.id, otherRole(channel.role), stream);
  return skip(context, channel, id, ranges);
}

/** Goes on without numbers that will not come, and says so. */
export function skip(context: Context, channel: Channel, stream: number, ranges: readonly Range[]): Shown[] {
  const shown: Shown[][] = [];
  for (const range of ranges) {
    for (;;) {
      const lost = context.home.inbox.skip(stream, range, context.now());
      if (lost === undefined) break;
      const text = `Lost for good: number ${formatRanges([lost.range])} of ${channel.name}. What came after it follows.`;
      shown.push([storeNotice(context, channel, 'lost', text)]);
      shown.push(storeReady(context, channel, lost.ready));
    }
  }
  return shown.flat();
}

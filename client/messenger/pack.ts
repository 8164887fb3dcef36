/**
 * Packing: from frames that wait to sealed bodies in the outbox, second transaction of sending. What waits is put into
 * as few envelopes as fit; all bodies and the suite's new state are committed together, and only then may they be left.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Suite, SuiteState } from '../crypto/suite.ts';
import { suiteNamed } from '../crypto/suites.ts';
import type { Drop } from '../drops/drop.ts';
import { SecurityError, UsageError } from '../errors.ts';
import { encodeBody } from '../protocol/body.ts';
import { encodePointer, envelopeOverhead, sealEnvelope, timedSalt } from '../protocol/envelope.ts';
import { encodePacket, frameKinds, frameOverhead, type PassingFrame, packetOverhead } from '../protocol/frames.ts';
import { bytesInText, coalescedTextSize, paddedBytes } from '../protocol/padding.ts';
import { formatParcelKey } from '../protocol/parcel-key.ts';
import { encodeAcknowledgements } from '../protocol/ranges.ts';
import { directionFrom } from '../protocol/roles.ts';
import type { StoredBody } from '../store/bodies.ts';
import type { Channel } from '../store/channels.ts';
import type { DueAcknowledgement } from '../store/inbox.ts';
import type { WaitingFrame } from '../store/outbox.ts';
import type { Session } from '../store/sessions.ts';
import { ownHash } from './absorb.ts';
import type { Context } from './context.ts';
import { hashOf } from './receive.ts';
import { renewedState, startingState } from './restored.ts';
import { channelIdBytes, currentEpoch, sendingKey, sessionKey } from './session.ts';

/** A run of frames of one stream, to go in one body. */
interface Plan {
  readonly frames: readonly WaitingFrame[];
  readonly passing: readonly PassingFrame[];
}

interface PackedBody {
  readonly plan: Plan;
  readonly body: string;
  readonly object: StoredBody['object'];
}

/** What was read of the store to make bodies, and must not have changed when they are committed. */
interface Packed {
  readonly channel: Channel;
  readonly framed: boolean;
  readonly session: Session;
  readonly state: Uint8Array;
  readonly bodies: readonly PackedBody[];
  readonly acknowledged: readonly DueAcknowledgement[];
  readonly passingUpTo: number;
}

/**
 * Seals what waits, in memory. `unanswered`: the session is too old to be sealed with, and there is nothing to renew it
 * from. @param acknowledge whether acknowledgements alone are reason enough for a body.
 */
export async function pack(
  context: Context,
  channel: Channel,
  drop: Drop,
  acknowledge: boolean,
): Promise<Packed | 'unanswered'> {
  const suite = suiteNamed(channel.suite);
  const { inbox, sessions } = context.home;
  const session = sessions.get(sessionKey(channel, currentEpoch(channel).epoch));
  if (!session) throw new Error('a channel without a session');
  const acknowledged = suite.framed ? inbox.acknowledgements(channel.id) : [];
  const passing = context.home.passing.waiting(channel.id, context.now());
  const extra = [...passing.frames];
  if (acknowledged.length > 0) extra.push(acknowledgementFrame(acknowledged));
  const plans = suite.framed ? planFrames(context, channel, suite, extra) : planTexts(context, channel);
  if (plans.length === 0 && extra.length > 0 && (acknowledge || passing.frames.length > 0)) {
    plans.push({ frames: [], passing: extra });
  }
  const seal = (from: SuiteState) => sealPlans(context, channel, suite, drop, from, plans);
  const sealed =
    plans.length > 0 ? await sealOrRenew(context, channel, suite, session, seal) : await seal(session.state);
  if (!sealed) return 'unanswered';
  // What has expired needs no body to be done with.
  const isDone = plans.length > 0 || passing.frames.length === 0;
  const passingUpTo = isDone ? passing.upTo : 0;
  const { framed } = suite;
  return { channel, framed, session, ...sealed, acknowledged: plans.length > 0 ? acknowledged : [], passingUpTo };
}

/** Within a transaction: commits packed bodies, or answers false where anything they rest on has changed. */
export function commitPacked(context: Context, packed: Packed): boolean {
  const { bodies, outbox, inbox, passing, channels, sessions } = context.home;
  const { channel, session, state } = packed;
  if (channels.generation(channel.id) !== channel.generation) return false;
  if (!sessions.swap(sessionKey(channel, currentEpoch(channel).epoch), session, state)) return false;
  for (const { plan, body, object } of packed.bodies) {
    const id = bodies.add(channel.id, body, object);
    if (!packed.framed) inbox.markSeen(channel.id, ownHash(body), context.now());
    const [first] = plan.frames;
    const last = plan.frames.at(-1);
    if (!first || !last) {
      // It is forgotten once it is left; after a swap of roles it may come back.
      inbox.markSeen(channel.id, hashOf(body), context.now());
      continue;
    }
    if (!outbox.assign(id, first.stream, { first: first.seq, last: last.seq }, plan.frames.length)) return false;
  }
  // What was sealed now starts a new session on the other side: this home is not behind any more.
  if (channel.restored && packed.bodies.length > 0) channels.update(channel, { restored: undefined });
  inbox.markAcknowledged(packed.acknowledged);
  if (packed.passingUpTo > 0) passing.remove(channel.id, packed.passingUpTo);
  return true;
}

/**
 * Ten envelopes' worth of frames: each plan is a run of consecutive numbers of one stream. Passing frames ride with the
 * first, unless that would make a large message larger than its drop takes.
 */
function planFrames(context: Context, channel: Channel, suite: Suite, passing: readonly PassingFrame[]): Plan[] {
  const room = bytesInText(coalescedTextSize) - envelopeOverhead - packetOverhead;
  const budget = room - suite.overhead(room);
  const plans: { frames: WaitingFrame[]; passing: readonly PassingFrame[]; bytes: number }[] = [];
  const ridingBytes = passing.reduce((sum, { content }) => sum + frameOverhead + content.length, 0);
  for (const frame of waitingFrames(context, channel, budget * 10)) {
    const bytes = frameOverhead + frame.content.length;
    const open = plans.at(-1);
    const previous = open?.frames.at(-1);
    const follows = previous?.stream === frame.stream && previous.seq + 1 === frame.seq;
    if (open && follows && open.bytes + bytes <= budget) {
      open.frames.push(frame);
      open.bytes += bytes;
    } else {
      if (plans.length === 10) break;
      const rides = plans.length === 0 && bytes + ridingBytes <= budget;
      if (plans.length === 0 && passing.length > 0 && !rides) plans.push({ frames: [], passing, bytes: budget });
      plans.push({ frames: [frame], passing: rides ? passing : [], bytes: rides ? bytes + ridingBytes : bytes });
    }
  }
  // A last envelope that is not full waits for the next round: by then more may have come to go with it.
  if (plans.length > 1 && (plans.at(-1)?.bytes ?? budget) < budget * 0.8) plans.pop();
  return plans;
}

/** In an unframed suite each text is a body. */
function planTexts(context: Context, channel: Channel): Plan[] {
  const most = 10;
  const plans: Plan[] = [];
  for (const frame of waitingFrames(context, channel, bytesInText(coalescedTextSize) * most)) {
    plans.push({ frames: [frame], passing: [] });
    if (plans.length === most) break;
  }
  return plans;
}

/** Frames that wait, read until they make up so many bytes: no more of them is held in memory. */
function* waitingFrames(context: Context, channel: Channel, bytes: number): Iterable<WaitingFrame> {
  let read = 0;
  for (const frame of context.home.outbox.waiting(channel.id)) {
    yield frame;
    read += frameOverhead + frame.content.length;
    if (read >= bytes) return;
  }
}

interface SealedPlans {
  readonly state: SuiteState;
  readonly bodies: PackedBody[];
}

/** In a new session where the old one was not answered for too long; undefined where none can be started. */
async function sealOrRenew(
  context: Context,
  channel: Channel,
  suite: Suite,
  session: Session,
  seal: (from: SuiteState) => Promise<SealedPlans>,
): Promise<SealedPlans | undefined> {
  const from = await startingState(context, channel, suite, session);
  try {
    return await seal(from);
  } catch (error) {
    if (!(error instanceof SecurityError) || error.code !== 'out-of-step') throw error;
    const renewed = await renewedState(context, channel, suite, session);
    return renewed && seal(renewed);
  }
}

async function sealPlans(
  context: Context,
  channel: Channel,
  suite: Suite,
  drop: Drop,
  from: SuiteState,
  plans: readonly Plan[],
): Promise<SealedPlans> {
  let state = from;
  const bodies: PackedBody[] = [];
  for (const plan of plans) {
    const about = { direction: directionFrom(channel.role), sender: channel.role, now: context.now() };
    const content = suite.framed ? packetOf(context, channel, plan) : (plan.frames[0]?.content ?? Buffer.alloc(0));
    const { state: next, sealed } = await suite.seal(state, content, about);
    state = next;
    const body = suite.framed ? wrap(context, channel, suite, drop, sealed) : bareBody(drop, sealed);
    bodies.push({ plan, ...body });
  }
  return { state, bodies };
}

function packetOf(context: Context, channel: Channel, { frames, passing }: Plan): Buffer {
  const stream = context.home.streams.wireId(channel.id, frames[0]?.stream);
  return encodePacket({ stream, kept: frames, passing });
}

/** One envelope as a body; one that is too large for the queue goes to the parcel store, with a pointer in the body. */
function wrap(context: Context, channel: Channel, suite: Suite, drop: Drop, sealed: Uint8Array) {
  const { key } = sendingKey(channel);
  const seal = (form: 'inline' | 'pointer', content: Uint8Array) =>
    sealEnvelope(
      { sender: channel.role, suite: suite.byte, form, sealed: content },
      key,
      { channelId: channelIdBytes(channel), direction: directionFrom(channel.role) },
      timedSalt(key, randomBytes(28), context.now()),
    );
  const textBytes = (paddedBytes(sealed.length + envelopeOverhead) / 3) * 4;
  if (textBytes <= drop.limits.bodyBytes) return { body: encodeBody(seal('inline', sealed)), object: undefined };
  const bytes = seal('inline', sealed);
  if (bytes.length > drop.limits.parcelBytes) throw tooLarge();
  const objectKey = formatParcelKey(channel.role, context.now() + drop.limits.parcelStay, randomBytes(16));
  const pointer = { objectKey, bytes: bytes.length, hash: createHash('sha256').update(bytes).digest() };
  return { body: encodeBody(seal('pointer', encodePointer(pointer))), object: { key: objectKey, bytes } };
}

/** The padded token, as the original btrchat writes it. */
function bareBody(drop: Drop, sealed: Uint8Array) {
  const body = Buffer.from(sealed).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  if (body.length > drop.limits.bodyBytes) throw tooLarge();
  return { body, object: undefined };
}

function acknowledgementFrame(due: readonly DueAcknowledgement[]): PassingFrame {
  const content = encodeAcknowledgements(due.map(({ acknowledgement }) => acknowledgement));
  return { kind: frameKinds.acknowledgement, deadline: 0, content };
}

function tooLarge(): UsageError {
  return new UsageError('A message is too large for the drop of this channel.', {
    code: 'message-too-large',
    hint: 'Send it as a file: btr send --file PATH',
  });
}

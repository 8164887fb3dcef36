/** Queueing, first transaction of sending: frames are numbered, written to the outbox and to the history. */
import { RandomPool } from '../crypto/random-pool.ts';
import { suiteNamed } from '../crypto/suites.ts';
import type { Drop } from '../drops/drop.ts';
import { UsageError } from '../errors.ts';
import { envelopeOverhead } from '../protocol/envelope.ts';
import { frameIdBytes, frameKinds, frameOverhead, packetOverhead } from '../protocol/frames.ts';
import { paddedBytes } from '../protocol/padding.ts';
import { timedOverhead } from '../protocol/timed.ts';
import type { Channel } from '../store/channels.ts';
import type { Context } from './context.ts';
import { maxEnvelopeBytes } from './open.ts';
import { currentTimer, sweepNowAndThen, withTimer } from './retention.ts';
import { assertSameIdentity } from './session.ts';

const frameIds = new RandomPool(frameIdBytes);

interface FrameContent {
  readonly kind: number;
  readonly content: Uint8Array;
  /** 16 bytes; by default random. */
  readonly id?: Uint8Array;
}

export interface Queued {
  /** Hexadecimal, 32 digits. */
  readonly id: string;
  /** Null in an unframed suite. */
  readonly seq: number | null;
  readonly sentAt: number;
}

export interface QueueOptions {
  /** Ids that the caller made, one for each text: random, 32 hexadecimal digits. */
  readonly ids?: readonly string[] | undefined;
  /** The same was asked for before, by a process that may have ended over it: what is queued already stays as it is. */
  readonly again?: boolean | undefined;
}

/**
 * Queues texts, all or none. They are safe once this returns.
 * @throws UsageError where one is empty or too large; with code `bad-ids`.
 */
export async function queueTexts(
  context: Context,
  channel: Channel,
  texts: readonly string[],
  { ids, again }: QueueOptions = {},
): Promise<Queued[]> {
  if (ids) assertIds(ids, texts.length);
  assertSameIdentity(channel);
  const drop = await context.drop(channel);
  const frames = texts.map((text, index) => {
    const id = ids ? Buffer.from(ids[index] ?? '', 'hex') : frameIds.take();
    return { kind: frameKinds.text, content: Buffer.from(text), id };
  });
  for (const { content } of frames) checkSize(channel, drop, content.length);
  sweepNowAndThen(context, channel.id);
  return context.home.db.transaction(() =>
    again ? appendMissing(context, channel, frames) : appendFrames(context, channel, frames),
  );
}

function assertIds(ids: readonly string[], count: number): void {
  if (ids.length === count && new Set(ids).size === count && ids.every((id) => /^[0-9a-f]{32}$/.test(id))) return;
  throw new UsageError('Each text needs an id of its own: 32 hexadecimal digits, in lower case.', { code: 'bad-ids' });
}

/** Within a transaction. */
function appendMissing(
  context: Context,
  channel: Channel,
  frames: readonly (FrameContent & { readonly id: Uint8Array })[],
): Queued[] {
  const { framed } = suiteNamed(channel.suite);
  const ids = frames.map(({ id }) => Buffer.from(id).toString('hex'));
  const queued = new Map<string, Queued>();
  for (const { id, seq, sentAt } of context.home.messages.findMine(channel.id, ids)) {
    queued.set(id, { id, seq: framed ? seq : null, sentAt });
  }
  const missing = frames.filter((_, index) => !queued.has(ids[index] ?? ''));
  for (const one of appendFrames(context, channel, missing)) queued.set(one.id, one);
  return ids.flatMap((id) => queued.get(id) ?? []);
}

/** Within a transaction. */
export function appendFrames(context: Context, channel: Channel, contents: readonly FrameContent[]): Queued[] {
  const { framed } = suiteNamed(channel.suite);
  const sentAt = context.now();
  const timer = currentTimer(context, channel);
  const frames = contents.map(({ kind, content, id = frameIds.take() }) => ({ kind, content, id, sentAt }));
  const places = context.home.outbox.append(
    channel.id,
    frames.map((frame) => withTimer(frame, timer)),
  );
  return frames.map((frame, index) => {
    const place = places[index];
    const { id, kind, content } = frame;
    context.home.messages.add({ channel: channel.id, frameId: id, kind, place, sentAt, content, timer }, false);
    return { id: Buffer.from(id).toString('hex'), seq: framed ? (place?.seq ?? null) : null, sentAt };
  });
}

/** What the drop can't carry is refused before it is queued, where it would hold up everything behind it. */
function checkSize(channel: Channel, drop: Drop, bytes: number): void {
  if (bytes === 0)
    throw new UsageError('An empty message is not sent.', { code: 'empty-message', hint: 'Write something.' });
  if (fits(channel, drop, bytes)) return;
  const takesFiles = drop.parcels && suiteNamed(channel.suite).framed;
  throw new UsageError('The message is too large.', {
    code: 'message-too-large',
    hint: takesFiles ? 'Send it as a file: btr send --file PATH' : 'Send it in smaller pieces.',
  });
}

/** Whether a drop can carry a message of so many bytes, in the queue or beside it. */
export function fits(channel: Channel, drop: Drop, bytes: number): boolean {
  const suite = suiteNamed(channel.suite);
  const sealed = bytes + suite.overhead(bytes);
  const most = drop.parcels && suite.framed ? Math.min(maxEnvelopeBytes, drop.limits.parcelBytes) : 0;
  const size = suite.framed
    ? paddedBytes(sealed + timedOverhead + frameOverhead + packetOverhead + envelopeOverhead)
    : sealed;
  return (size * 4) / 3 <= drop.limits.bodyBytes || size <= most;
}

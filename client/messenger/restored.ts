/**
 * A home that went back in time: an older copy of it was put back. Its ratchet would use keys twice and its numbers
 * would be given out twice, so it stops sealing, numbers in a new stream, tells the other side what it has, and renews
 * the session from the other side's renewal bundle. Three signs tell: the store is another file than it was
 * (store/home.ts); the other side acknowledges a number that was never given out here; or it says so itself, since it
 * saw a key or a number used twice.
 */
import { randomBytes } from 'node:crypto';
import type { Suite, SuiteState } from '../crypto/suite.ts';
import { suiteNamed } from '../crypto/suites.ts';
import { encodeBody } from '../protocol/body.ts';
import { sealEnvelope, timedSalt } from '../protocol/envelope.ts';
import { frameKinds } from '../protocol/frames.ts';
import {
  type Acknowledgement,
  decodeAcknowledgements,
  encodeAcknowledgements,
  encodeGone,
  gaps,
  toRanges,
  without,
} from '../protocol/ranges.ts';
import { directionFrom } from '../protocol/roles.ts';
import type { Channel } from '../store/channels.ts';
import type { Session } from '../store/sessions.ts';
import type { Shown } from './absorb.ts';
import type { Context } from './context.ts';
import { appendControl } from './control.ts';
import { changeDropRecord } from './drops/record.ts';
import { peerBundle, readRenewals, writeRenewals } from './pairing/renewal.ts';
import { notice } from './pairing/step.ts';
import { abandonJoining, withdrawInvite } from './pairing/withdraw.ts';
import { putBack } from './put-back.ts';
import { moveToNewStream, streamsFor } from './renumber.ts';
import { channelIdBytes, sendingKey } from './session.ts';

/** The other side is told at most this often that it went back in time, in milliseconds. */
const noticePause = 60 * 60 * 1000;

/** Within a transaction: a sign has come. What is not acknowledged goes out anew, in a stream of its own. */
export function noticeRestored(context: Context, channel: Channel): Shown[] {
  const { channels } = context.home;
  const current = channels.get(channel.id);
  // Also where it is known: the copy may hold numbers from a time when it had gone back unnoticed.
  moveToNewStream(context, channel);
  if (!current.restored) channels.update(current, { restored: 'noticed' });
  return [];
}

/** What is done about it, before anything else is sealed. Answers what the user should know. */
export function healRestored(context: Context, channelId: number): Shown[] {
  const { channels, bodies, inbox, db } = context.home;
  if (channels.get(channelId).restored !== 'noticed') return [];
  return db.transaction(() => {
    const channel = channels.get(channelId);
    if (channel.restored !== 'noticed') return [];
    const burned = endPairing(context, channel);
    const suite = suiteNamed(channel.suite);
    if (!suite.framed || channel.roots.length === 0) {
      channels.update(channel, { restored: undefined });
      return burned;
    }
    if (suite.renew && !peerBundle(context, channel)) {
      channels.update(channel, { restored: undefined, unconfirmed: 'refused' });
      return [...burned, notice(channel.name, 'restored', tooOld(channel))];
    }
    isTime(context, channel, 'noticedAt');
    bodies.takeFramesApart(channel.id);
    appendControl(context, channel, frameKinds.restored, encodeAcknowledgements(inbox.positions(channel.id)));
    channels.update(channel, { restored: 'told' });
    return [...burned, notice(channel.name, 'restored', copied(channel))];
  });
}

function copied({ name }: Channel): string {
  return `This home seems to be an older copy of itself. It goes on under new keys and numbers; ${name} is told, and sends again what is missing here.`;
}

/** A pairing that was under way in the copy may have ended since. */
function endPairing(context: Context, channel: Channel): Shown[] {
  const invite = withdrawInvite(context, channel);
  if (invite) return [notice(channel.name, 'restored', withdrawn(channel, invite.liveKeys ?? []))];
  if (!abandonJoining(context, channel)) return [];
  return [notice(channel.name, 'restored', tooOld(channel))];
}

function withdrawn({ name }: Channel, keys: readonly string[]): string {
  const alive = keys.length === 0 ? '' : ` Access keys that still open the drop: ${keys.join(', ')}.`;
  return `This home seems to be an older copy of itself: the invite for ${name} that was open in it is burned. Make a new one.${alive}`;
}

function tooOld({ name }: Channel): string {
  return `This home is a copy from before its pairing with ${name} was finished. What waits is kept: pair anew with btr invite or btr join.`;
}

/** The state to seal with: of a new session, where this home went back in time. */
export async function startingState(
  context: Context,
  channel: Channel,
  suite: Suite,
  session: Session,
): Promise<SuiteState> {
  const renewed = channel.restored ? await renewedState(context, channel, suite, session) : undefined;
  return renewed ?? session.state;
}

/** The state of a new session with the same person; undefined where nothing of them is here to start one from. */
export async function renewedState(
  context: Context,
  channel: Channel,
  suite: Suite,
  session: Session,
): Promise<SuiteState | undefined> {
  const bundle = peerBundle(context, channel);
  return bundle && suite.renew?.(session.state, bundle, context.now(), channel.restored !== undefined);
}

/** Nobody answered a joiner for a month: its session seals no more, and what it wrote waits for another invite. */
export function giveUpJoining(context: Context, channel: Channel): Shown {
  const { channels, db } = context.home;
  db.transaction(() => channels.update(channels.get(channel.id), { unconfirmed: 'refused' }));
  const text = `${channel.name} has not confirmed that you joined for a month. What you wrote is kept: ask for a new invite and join with it.`;
  return notice(channel.name, 'join-unanswered', text);
}

/**
 * Within a transaction: what it means that a body under the channel's own wrap key did not open. A key that was used
 * before: the other side went back in time, and is told outside the ratchet. A session that is not known here: one of us
 * did, so both go on anew.
 */
export function noteRefused(context: Context, channel: Channel, reason: string): Shown[] {
  if (reason === 'identity-changed') return noteOtherIdentity(context, channel);
  if (reason === 'repeated-key') tellRestored(context, channel);
  if (reason !== 'out-of-step' || !isTime(context, channel, 'noticedAt')) return [];
  tellRestored(context, channel);
  return noticeRestored(context, channel);
}

/** Once in a while only: the other side needs time to hear of it, and to answer. */
function isTime(context: Context, channel: Channel, what: 'noticedAt' | 'toldAt'): boolean {
  const renewals = readRenewals(context, channel);
  const now = context.now();
  if (now - (renewals[what] ?? Number.NEGATIVE_INFINITY) < noticePause) return false;
  writeRenewals(context, channel, { ...renewals, [what]: now });
  return true;
}

/** Within a transaction: the other side went back in time, and is told outside the ratchet. */
export function tellRestored(context: Context, channel: Channel): void {
  if (!isTime(context, channel, 'toldAt')) return;
  const direction = directionFrom(channel.role);
  const content = { sender: channel.role, suite: suiteNamed(channel.suite).byte, form: 'restored' } as const;
  const about = { channelId: channelIdBytes(channel), direction };
  const sealed = Buffer.alloc(0);
  const { key } = sendingKey(channel);
  const envelope = sealEnvelope({ ...content, sealed }, key, about, timedSalt(key, randomBytes(28), context.now()));
  context.home.bodies.add(channel.id, encodeBody(envelope), undefined);
}

function noteOtherIdentity(context: Context, channel: Channel): Shown[] {
  const { channels } = context.home;
  const current = channels.get(channel.id);
  if (current.peer && !current.peer.changed) {
    channels.update(current, { peer: { ...current.peer, changed: true } });
  }
  const text = `Somebody who is not the ${channel.name} you paired with wrote in this channel. Nothing is sent until you have decided: see btr verify ${channel.name}`;
  return [notice(channel.name, 'identity-changed', text)];
}

/** Within a transaction: the other side went back in time, and says what it has of ours. */
export function absorbRestored(context: Context, channel: Channel, content: Uint8Array): Shown[] {
  const { bodies, inbox, streams } = context.home;
  bodies.takeFramesApart(channel.id);
  // It has heard: a key that is used twice from now on tells of another time.
  const { toldAt: _heard, ...renewals } = readRenewals(context, channel);
  writeRenewals(context, channel, renewals);
  inbox.acknowledgeAll(channel.id);
  // Words on drops are in no history: what it has forgotten of them is said anew.
  changeDropRecord(context, channel, { announce: true });
  const positions = decodeAcknowledgements(content);
  const named = new Set(positions.map(({ stream }) => streams.find(channel.id, stream)));
  // It has nothing at all of a stream that it does not name.
  const others = streamsFor(context, channel).filter((id) => !named.has(id));
  const unnamed = others.map((id) => ({ stream: streams.wireId(channel.id, id), next: 1, held: [] }));
  for (const position of [...positions, ...unnamed]) sendMissing(context, channel, position);
  const text = `${channel.name}'s home is an older copy of itself. It goes on under new keys; what it lacks goes out again.`;
  return [notice(channel.name, 'buddy-restored', text)];
}

/** What it lacks and acknowledged before: out of the history, as far as that goes. The rest is said to be gone. */
function sendMissing(context: Context, channel: Channel, { stream, next, held }: Acknowledgement): void {
  const { outbox, passing, streams } = context.home;
  const highest = streams.highest(channel.id, stream);
  const beyond = { first: highest + 1, last: highest };
  const missing = gaps(next, [...held, beyond]).filter(({ first, last }) => first <= last);
  const gone = missing.flatMap((range) => {
    const { present } = outbox.find(channel.id, stream, range);
    return putBack(context, channel, stream, without(range, toRanges(present)));
  });
  if (gone.length === 0) return;
  passing.add(channel.id, { kind: frameKinds.gone, deadline: 0, content: encodeGone({ stream, ranges: gone }) });
}

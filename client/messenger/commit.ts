/**
 * Committing what was examined, within one transaction: session states, frames, hashes of the bodies, quarantine. Where
 * anything it rests on has changed since it was read, nothing is committed.
 */
import type { DropError } from '../errors.ts';
import type { Channel } from '../store/channels.ts';
import { absorbPacket, absorbText, type Shown } from './absorb.ts';
import type { Context } from './context.ts';
import type { OpenedContent, SessionStates } from './open.ts';
import { confirm } from './pairing/confirm.ts';
import { noteAccepted } from './pairing/renewal.ts';
import { noteRefused, noticeRestored } from './restored.ts';
import { currentEpoch, sessionKey } from './session.ts';

/** What became of one body. `repeat`: dealt with before. `stays`: can't be dealt with now, so it stays in the drop. */
export type Outcome =
  | { readonly kind: 'opened'; readonly content: OpenedContent }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'repeat' }
  | { readonly kind: 'stays'; readonly error: DropError };

export interface Examined {
  readonly body: string;
  readonly hash: Buffer;
  readonly outcome: Outcome;
}

/** Within a transaction: everything of a batch, or undefined where it must be read anew. */
export function commit(
  context: Context,
  channel: Channel,
  examined: readonly Examined[],
  states: SessionStates,
): Shown[] | undefined {
  const { channels, sessions } = context.home;
  if (channels.generation(channel.id) !== channel.generation) return undefined;
  for (const [epoch, { read, state }] of states) {
    if (!sessions.swap(sessionKey(channel, epoch), read, state, context.now())) return undefined;
  }
  const shown: (readonly Shown[])[] = [];
  for (const one of examined) {
    const events = commitOne(context, channel, one);
    if (!events) return undefined;
    shown.push(events);
  }
  const opened = examined.some(({ outcome }) => outcome.kind === 'opened');
  // What was absorbed may have changed the settings, too.
  if (opened && !channel.met) channels.update(channels.get(channel.id), { met: true });
  return shown.flat();
}

function commitOne(
  context: Context,
  channel: Channel,
  { body, hash, outcome }: Examined,
): readonly Shown[] | undefined {
  const { inbox, quarantine } = context.home;
  const now = context.now();
  if (outcome.kind === 'stays') return [];
  if (outcome.kind === 'refused') {
    const isNew = quarantine.add(channel.id, hash, body, outcome.reason, now);
    return isNew ? noteRefused(context, channel, outcome.reason) : [];
  }
  quarantine.remove(channel.id, hash);
  if (outcome.kind === 'repeat' || inbox.isSeen(channel.id, hash)) {
    inbox.noteRepeat(channel.id, hash);
    return [];
  }
  return commitContent(context, channel, outcome.content, body, hash);
}

function commitContent(
  context: Context,
  channel: Channel,
  content: OpenedContent,
  body: string,
  hash: Buffer,
): readonly Shown[] | undefined {
  const { inbox } = context.home;
  if ('text' in content) return absorbText(context, channel, content.text, body, hash);
  if ('packet' in content) {
    if (content.accepted) noteAccepted(context, channel, content.accepted);
    const isNewest = content.epoch === currentEpoch(channel).epoch;
    const confirmed = channel.unconfirmed && isNewest ? confirm(context, channel) : [];
    return [...confirmed, ...absorbPacket(context, channel, content.packet, hash)];
  }
  const shown = 'step' in content ? content.step.commit(hash) : noticeRestored(context, channel);
  inbox.markSeen(channel.id, hash, context.now());
  return shown;
}

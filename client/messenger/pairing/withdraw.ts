/** The end of an invite: what is left of it. */
import { inviteKey } from '../../crypto/pairing-keys.ts';
import { withdraw } from '../../protocol/pairing.ts';
import type { Channel } from '../../store/channels.ts';
import type { Context } from '../context.ts';
import { bytes, type ClosedInvite, type OpenInvite, type Pairing, readPairing, text, writePairing } from './records.ts';

/**
 * Within a transaction: an open invite of this channel is open no more. Answers what was left of it.
 * @param session only if it is this one.
 */
export function withdrawInvite(
  context: Context,
  channel: Pick<Channel, 'id'>,
  session?: string,
): ClosedInvite | undefined {
  const invite = readPairing(context, channel)?.pairing;
  if (invite?.side !== 'inviter' || invite.state !== 'open') return undefined;
  if (session !== undefined && invite.session !== session) return undefined;
  const left = closed(invite, withdraw(invite.state), 'withdrawn');
  writePairing(context, channel, left);
  return left;
}

/**
 * Within a transaction: a joiner that waits for the inviter's keys waits no more, and erases what it had for them.
 * Answers whether there was one.
 */
export function abandonJoining(context: Context, channel: Pick<Channel, 'id'>): boolean {
  const pairing = readPairing(context, channel)?.pairing;
  if (pairing?.state !== 'waiting') return false;
  const { side, session, share, hash } = pairing;
  const key = text(inviteKey(bytes(pairing.secret)));
  writePairing(context, channel, {
    side,
    state: 'refused',
    session,
    share,
    hash,
    key,
    reply: '',
    repliedAt: 0,
    attempt: 0,
  });
  return true;
}

/** Within a transaction: the time of an open invite is over; its scalar and prekeys go. */
export function expireInvite(context: Context, channel: Pick<Channel, 'id'>): boolean {
  const invite = readPairing(context, channel)?.pairing;
  if (invite?.state !== 'open' || context.now() <= invite.expiresAt) return false;
  writePairing(context, channel, closed(invite, 'burned', 'expired'));
  return true;
}

/** What is left of an open invite. */
export function closed(invite: OpenInvite, state: ClosedInvite['state'], why?: ClosedInvite['why']): ClosedInvite {
  const liveKeys = state === 'burned' ? keysOf(invite) : [];
  const drop = invite.keys?.drop;
  return {
    side: 'inviter',
    state,
    session: invite.session,
    key: text(inviteKey(bytes(invite.secret))),
    ...(why ? { why } : {}),
    ...(liveKeys.length > 0 ? { liveKeys } : {}),
    ...(drop === undefined ? {} : { drop }),
  };
}

/** Within a transaction: these access keys were removed. */
export function forgetKeys(context: Context, channel: Pick<Channel, 'id'>, ids: readonly string[]): void {
  const invite = readPairing(context, channel)?.pairing;
  if (invite?.side !== 'inviter' || invite.state === 'open' || !invite.liveKeys) return;
  writePairing(context, channel, { ...invite, liveKeys: invite.liveKeys.filter((id) => !ids.includes(id)) });
}

/** Ids of the access keys that an invite's end leaves alive. */
export function keysOf(invite: OpenInvite | ClosedInvite): readonly string[] {
  if (invite.state !== 'open') return invite.liveKeys ?? [];
  return invite.keys ? [invite.keys.first, invite.keys.second.id] : [];
}

/** The tag of the drop that an invite's access keys open; undefined where that is the first. */
export function keyDrop(pairing: Pairing | undefined): string | undefined {
  if (pairing?.side !== 'inviter') return undefined;
  return pairing.state === 'open' ? pairing.keys?.drop : pairing.drop;
}

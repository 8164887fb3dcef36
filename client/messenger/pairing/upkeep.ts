/** What time does to a pairing: a reply that nobody answers is left again, renewal keys are replaced, keys taken over. */
import { suiteNamed } from '../../crypto/suites.ts';
import type { Channel } from '../../store/channels.ts';
import type { Shown } from '../absorb.ts';
import type { Context } from '../context.ts';
import { mindKeys } from './key-work.ts';
import { forgetOldInvites } from './old-invites.ts';
import { readPairing, writePairing } from './records.ts';
import { mindRenewal } from './renewal.ts';
import { mindRetired } from './retire.ts';
import { notice } from './step.ts';
import { abandonJoining, expireInvite } from './withdraw.ts';

const HOUR = 60 * 60 * 1000;
/** No drop keeps the inviter's keys for longer. */
const longestWait = 14 * 24 * HOUR;
/** The longest pause between two times that a reply is left. */
const longestPause = 24 * HOUR;

export async function mindPairing(context: Context, channel: Channel): Promise<Shown[]> {
  if (!suiteNamed(channel.suite).renew) return [];
  mindReply(context, channel);
  const ended = mindInvite(context, channel);
  await mindRenewal(context, channel);
  return [...ended, ...(await mindKeys(context, channel)), ...(await mindRetired(context, channel))];
}

/** Secrets of a pairing that can't come about any more are erased. */
function mindInvite(context: Context, channel: Channel): Shown[] {
  return context.home.db.transaction(() => {
    forgetOldInvites(context, channel);
    const pairing = readPairing(context, channel)?.pairing;
    if (expireInvite(context, channel)) {
      const text = `Nobody joined by the invite for ${channel.name} in time. Make a new one: btr invite ${channel.name}`;
      return [notice(channel.name, 'invite-unanswered', text)];
    }
    if (pairing?.state !== 'waiting' || context.now() - pairing.joinedAt < longestWait) return [];
    abandonJoining(context, channel);
    const text = `The other half of the invite of ${channel.name} never came. Ask for a new one and join with it; what you wrote is kept.`;
    return [notice(channel.name, 'join-unanswered', text)];
  });
}

/** The same bytes again, after an hour, and then after doubling pauses. */
function mindReply(context: Context, channel: Channel): void {
  if (channel.unconfirmed !== 'replied') return;
  context.home.db.transaction(() => {
    const pairing = readPairing(context, channel)?.pairing;
    if (pairing?.side !== 'joiner' || pairing.state !== 'replied') return;
    const now = context.now();
    if (now - pairing.repliedAt < Math.min(HOUR * 2 ** pairing.attempt, longestPause)) return;
    const attempt = pairing.attempt + 1;
    context.home.bodies.add(channel.id, pairing.reply, undefined, attempt);
    writePairing(context, channel, { ...pairing, repliedAt: now, attempt });
  });
}

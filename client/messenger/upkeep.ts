/**
 * What time does to a channel: gaps that stay are asked for, what stays unacknowledged is left again, what is too old
 * is given up and said, messages whose time is over are deleted. All times in milliseconds.
 */
import { frameKinds } from '../protocol/frames.ts';
import { encodeResend, formatRanges } from '../protocol/ranges.ts';
import type { Channel } from '../store/channels.ts';
import type { Gap } from '../store/inbox.ts';
import { type Shown, skip } from './absorb.ts';
import type { Context } from './context.ts';
import { storeNotice } from './history.ts';
import { sweep } from './retention.ts';
import { sessionKey } from './session.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A gap this old is asked for; then again after doubling pauses. */
const gapPatience = 30 * SECOND;
/**
 * What is not acknowledged after this time: its last body is left again; then after doubling pauses, up to a day. Of
 * several drops, the other side may not see the one that took it: then it goes by all of them, and sooner.
 */
const acknowledgementPatience = HOUR;
const patienceWithSeveral = MINUTE;
/** No queue keeps a body longer: what has not come by then will not come. */
const retention = 14 * DAY;
/** Hashes of bodies that were dealt with are kept for so long. */
export const seenStay = retention + DAY;

/** One look at a channel. What follows for the drop waits in the outbox; what follows for people is answered. */
export function upkeep(context: Context, channelId: number): Shown[] {
  const { home } = context;
  sweep(context, channelId);
  return home.db.transaction(() => {
    const channel = home.channels.get(channelId);
    const now = context.now();
    const shown = home.inbox.gaps(channel.id).flatMap((gap) => mindGap(context, channel, gap, now));
    if (!channel.receipts) shown.push(...giveUp(context, channel, now - retention));
    const first = channel.further?.length ? patienceWithSeveral : acknowledgementPatience;
    const heardAt = lastHeard(context, channel);
    for (const { id, attempt, firstLeftAt, leftAt } of home.outbox.unacknowledgedTails(channel.id)) {
      const patience = Math.min(first * 2 ** attempt, DAY);
      if (leftAt > now - patience) continue;
      // Who was heard since and lacks it all the same may not be able to open it any more.
      if (attempt > 0 && heardAt > firstLeftAt) home.bodies.takeApart([id]);
      else home.bodies.leaveAgain(id, now);
    }
    home.inbox.forgetSeen(channel.id, now - seenStay);
    return shown;
  });
}

/** When something was last opened with the channel's newest session; milliseconds since 1970, 0 for never. */
function lastHeard({ home: { sessions } }: Context, channel: Channel): number {
  const [newest] = channel.roots;
  return (newest && sessions.get(sessionKey(channel, newest.epoch))?.openedAt) ?? 0;
}

function mindGap(context: Context, channel: Channel, gap: Gap, now: number): Shown[] {
  const { inbox, passing } = context.home;
  if (now - gap.since > retention) return skip(context, channel, gap.id, gap.missing);
  const patience = gapPatience * 2 ** Math.min(gap.asked, 11);
  if (now - (gap.askedAt ?? gap.since) < patience) return [];
  const content = encodeResend({ stream: gap.stream, attempt: gap.asked + 1, ranges: gap.missing });
  passing.add(channel.id, { kind: frameKinds.resend, deadline: 0, content });
  inbox.markAsked(gap.id, now);
  if (gap.asked > 0) return [];
  const numbers = formatRanges(gap.missing);
  const text = `Number ${numbers} of ${channel.name} has not come yet; asked for it again. What came after it waits.`;
  return [{ event: { type: 'notice', channel: channel.name, code: 'gap', text } }];
}

function giveUp(context: Context, channel: Channel, before: number): Shown[] {
  const count = context.home.outbox.giveUp(channel.id, before);
  if (count === 0) return [];
  const text = `${count} sent 14 days ago or earlier and never acknowledged: no longer kept for sending again.`;
  return [storeNotice(context, channel, 'given-up', text)];
}

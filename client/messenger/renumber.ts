/** Numbers that may have been given out twice are given up: what is not acknowledged gets new ones. */
import type { Channel } from '../store/channels.ts';
import type { Context } from './context.ts';
import { withTimer } from './retention.ts';

/** How far back an acknowledgement may have meant another message, in milliseconds: no drop keeps one for longer. */
const doubtful = 14 * 24 * 60 * 60 * 1000;

/** Within a transaction: in the outbox and in the history. The frames keep their ids, so nothing is shown twice. */
export function moveToNewStream(context: Context, channel: Pick<Channel, 'id'>): void {
  putBackDoubtful(context, channel);
  renumber(context, channel);
}

/** Within a transaction: somebody else has joined, or the same in a new home, who knows of none of the old numbers. */
function renumber(context: Context, channel: Pick<Channel, 'id'>): void {
  const { outbox, messages } = context.home;
  for (const { from, to } of outbox.moveToNewStream(channel.id)) messages.renumber(from, to);
}

/** Within a transaction: a renumbering, before which nothing was meant for the person who is pinned now. */
export function meantFrom(context: Context, channel: Pick<Channel, 'id'>): void {
  const { channels, streams } = context.home;
  renumber(context, channel);
  const current = channels.get(channel.id);
  if (!current.peer) return;
  channels.update(current, { peer: { ...current.peer, streamsFrom: streams.current(channel.id).id } });
}

/** The row ids of the streams whose frames were meant for the person who is pinned now. */
export function streamsFor(context: Context, channel: Pick<Channel, 'id'>): number[] {
  const { channels, streams } = context.home;
  const from = channels.get(channel.id).peer?.streamsFrom ?? 0;
  return streams.ids(channel.id).filter((id) => id >= from);
}

/**
 * An acknowledgement that was on its way when the home went back in time names numbers that were given out again since,
 * to other messages. So what counts as delivered may not be, and goes out once more.
 */
function putBackDoubtful(context: Context, channel: Pick<Channel, 'id'>): void {
  const { outbox, messages } = context.home;
  const since = context.now() - doubtful;
  const all = { first: 1, last: Number.MAX_SAFE_INTEGER };
  for (const { timer, ...frame } of streamsFor(context, channel).flatMap((id) => messages.findSent(id, all, since))) {
    outbox.putBack(channel.id, withTimer(frame, timer));
  }
}

/** Numbers that may have been given out twice are given up: what is not acknowledged gets new ones. */
import type { Channel } from '../store/channels.ts';
import type { Context } from './context.ts';

/** Within a transaction: in the outbox and in the history. The frames keep their ids, so nothing is shown twice. */
export function moveToNewStream(context: Context, channel: Pick<Channel, 'id'>): void {
  const { outbox, messages } = context.home;
  for (const { from, to } of outbox.moveToNewStream(channel.id)) messages.renumber(from, to);
}

/** The second sign of a home that went back in time: a number is acknowledged that was never given out here. */
import type { Acknowledgement } from '../protocol/ranges.ts';
import type { Channel } from '../store/channels.ts';
import type { Shown } from './absorb.ts';
import type { Context } from './context.ts';
import { notice } from './pairing/step.ts';
import { moveToNewStream } from './renumber.ts';

/** Within a transaction, before the acknowledgement is heeded. */
export function noteLostState(context: Context, channel: Channel, { stream, next, held }: Acknowledgement): Shown[] {
  const { streams, channels } = context.home;
  const id = streams.find(channel.id, stream);
  if (id === undefined) return [];
  const highest = streams.highest(channel.id, stream);
  const acknowledged = held.at(-1)?.last ?? next - 1;
  if (acknowledged <= highest) return [];
  const isCurrent = streams.current(channel.id).id === id;
  // Numbers that were given out twice acknowledge nothing: what has them here is another message.
  if (isCurrent) moveToNewStream(context, channel);
  streams.setNext(id, acknowledged + 1);
  const current = channels.get(channel.id);
  if (isCurrent && !current.restored) channels.update(current, { restored: 'noticed' });
  const count = acknowledged - highest;
  const what = count === 1 ? 'A message that this home sent' : `${count} messages that this home sent`;
  const text = `${what} before an older copy of it was put back: ${channel.name} has ${count === 1 ? 'it' : 'them'}, the history here has not.`;
  return [notice(channel.name, 'sent-before', text)];
}

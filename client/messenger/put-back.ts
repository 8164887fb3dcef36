/** What the other side acknowledged once and has no more goes out again, under its old number, from the history. */
import type { Range } from '../protocol/ranges.ts';
import { toRanges, without } from '../protocol/ranges.ts';
import type { Channel } from '../store/channels.ts';
import type { Context } from './context.ts';
import { streamsFor } from './renumber.ts';
import { withTimer } from './retention.ts';

/** Within a transaction. @param stream as on the wire. Answers the numbers that are in the history no more. */
export function putBack(context: Context, channel: Channel, stream: Uint8Array, ranges: readonly Range[]): Range[] {
  const { outbox, messages, streams } = context.home;
  const id = streams.find(channel.id, stream);
  if (id === undefined || !streamsFor(context, channel).includes(id)) return [...ranges];
  return ranges.flatMap((range) => {
    const found = messages.findSent(id, range);
    for (const { timer, ...frame } of found) outbox.putBack(channel.id, withTimer(frame, timer));
    return without(range, toRanges(found.map(({ seq }) => seq)));
  });
}

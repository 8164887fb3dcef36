/** Changes of the set of drops in use, each within a transaction, and what they do to what waits. */
import type { DropAddress } from '../../drops/registry.ts';
import type { Channel } from '../../store/channels.ts';
import type { Context } from '../context.ts';
import { changeDropRecord, readDropRecord, type TaggedDrop } from './record.ts';
import { addressesBut } from './set.ts';

/** Within a transaction: one more drop. What waits and is too large for it is sealed anew. */
export function use(
  context: Context,
  channel: Channel,
  { tag, address }: TaggedDrop,
  bodyBytes: number,
  from: 'own' | 'named',
): void {
  const { channels, bodies } = context.home;
  const record = readDropRecord(context, channel);
  channels.update(channels.get(channel.id), { further: [...(channel.further ?? []), address] });
  changeDropRecord(context, channel, {
    offers: record.offers.filter((offer) => offer.tag !== tag),
    [from]: [...record[from].filter((other) => other !== tag), tag],
  });
  bodies.takeLargeApart(channel.id, bodyBytes);
}

/** Within a transaction: goes over the others from now on, with everything that is not acknowledged. */
export function leaveOut(context: Context, channel: Channel, drops: readonly TaggedDrop[], tag: string): void {
  const { channels, bodies } = context.home;
  const [drop, ...further] = addressesBut(drops, tag);
  if (!drop) throw new Error('a channel without a drop');
  channels.update(channels.get(channel.id), { drop, further });
  const { named, own } = readDropRecord(context, channel);
  const others = (list: readonly string[]) => list.filter((other) => other !== tag);
  changeDropRecord(context, channel, { named: others(named), own: others(own) });
  bodies.takeFramesApart(channel.id);
}

/** Within a transaction: another address for a drop in use, with another key for instance. */
export function replaceAddress(
  { home: { channels } }: Context,
  channel: Channel,
  drops: readonly TaggedDrop[],
  tag: string,
  address: DropAddress,
): Channel {
  const [drop = address, ...further] = drops.map((one) => (one.tag === tag ? address : one.address));
  return channels.update(channels.get(channel.id), { drop, further });
}

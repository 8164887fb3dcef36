/** Drops that the buddy has left: files that came before may still lie there. */
import type { Channel } from '../../store/channels.ts';
import type { Context } from '../context.ts';
import { waitingFiles } from '../files.ts';
import { changeDropRecord, readDropRecord, type TaggedDrop } from './record.ts';
import { mostDrops } from './set.ts';

/** Within a transaction: this one is left now. */
export function keepFormer(context: Context, channel: Channel, drop: TaggedDrop): void {
  if (!hasFiles(context, channel)) return;
  const { former } = readDropRecord(context, channel);
  const others = former.filter(({ tag }) => tag !== drop.tag);
  changeDropRecord(context, channel, { former: [drop, ...others].slice(0, mostDrops) });
}

/** Forgets them once every file that came was fetched, or its time is over. */
export function forgetFormer(context: Context, channel: Channel): void {
  if (hasFiles(context, channel)) return;
  context.home.db.transaction(() => changeDropRecord(context, channel, { former: [] }));
}

/** Channels to fetch a file by, one after the other: the channel as it is, and as it was with a drop that is left. */
export function channelsToFetchBy(context: Context, channel: Channel): [Channel, ...Channel[]] {
  const { former } = readDropRecord(context, channel);
  return [channel, ...former.map(({ address }) => ({ ...channel, drop: address, further: [] }))];
}

function hasFiles(context: Context, channel: Channel): boolean {
  return waitingFiles(context, channel).some(({ outgoing }) => !outgoing);
}

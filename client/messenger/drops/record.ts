/** What a home keeps of a channel's drops beside those it uses: one sealed cell. */
import type { DropAddress } from '../../drops/registry.ts';
import type { DropWord } from '../../protocol/drop-word.ts';
import type { Channel } from '../../store/channels.ts';
import type { Context } from '../context.ts';

/** A drop with the tag it is known by on both sides (`dropTag`). */
export interface TaggedDrop {
  readonly tag: string;
  readonly address: DropAddress;
}

export interface DropRecord {
  /** Words of the buddy that came and were not looked at yet. */
  readonly words: readonly DropWord[];
  /** Drops that the buddy named and that are not used without a yes. */
  readonly offers: readonly TaggedDrop[];
  /** Tags of drops in use that the buddy named, and whose keys come from there. */
  readonly named: readonly string[];
  /** Tags of drops that were added here: nobody else hands out keys to them. */
  readonly own: readonly string[];
  /** Tags of drops that the buddy has left, and that this side can't leave yet. */
  readonly left: readonly string[];
  /** Drops that the buddy has left while files waited here that may lie in them: for fetching those, and nothing else. */
  readonly former: readonly TaggedDrop[];
  /** The buddy is to be told of every drop: somebody has joined, or went back in time. */
  readonly announce: boolean;
}

const cellName = 'drops';
const nothing: DropRecord = { words: [], offers: [], named: [], own: [], left: [], former: [], announce: false };

export function readDropRecord(context: Context, channel: Pick<Channel, 'id'>): DropRecord {
  const value = context.home.cells.get(channel.id, cellName)?.value;
  return isRecord(value) ? value : nothing;
}

/** Within a transaction. */
export function changeDropRecord(context: Context, channel: Pick<Channel, 'id'>, change: Partial<DropRecord>): void {
  context.home.cells.set(channel.id, cellName, { ...readDropRecord(context, channel), ...change });
}

/**
 * Within a transaction: somebody else has the buddy's place. What the one before offered counts no more, and the drops
 * that came from there are left.
 * @param place tag of the drop that the invite leads to: the only one that both know stays, whoever named it.
 */
export function forgetBuddysDrops(context: Context, channel: Pick<Channel, 'id'>, place: string): void {
  const { named, left } = readDropRecord(context, channel);
  const leave = [...left, ...named].filter((tag) => tag !== place);
  changeDropRecord(context, channel, { words: [], offers: [], former: [], named: [], left: leave });
}

/** The cell is sealed: what opens is what this program wrote. */
function isRecord(value: unknown): value is DropRecord {
  return typeof value === 'object' && value !== null && 'words' in value && 'offers' in value;
}

/**
 * Keys that their holder can't remove. Once the buddy's home has acknowledged another one, the home that made it
 * removes those before, with the owner's rights: when it listens, and whenever these are at hand.
 */
import { dropKeys } from '../../drops/registry.ts';
import { BtrError } from '../../errors.ts';
import { frameKinds } from '../../protocol/frames.ts';
import { otherRole } from '../../protocol/roles.ts';
import type { Channel } from '../../store/channels.ts';
import type { Shown } from '../absorb.ts';
import type { Context } from '../context.ts';
import { usedDrops } from '../drops/set.ts';
import { readPairing } from './records.ts';
import { keysOf } from './withdraw.ts';

const cellName = 'retire';

interface Retiring {
  /** The tag of the drop. */
  readonly drop: string;
  /** The key that the buddy is to go on with. */
  readonly keep: string;
  /** That it could not be done yet was said. */
  readonly isSaid?: true;
}

function readList(context: Context, channel: Pick<Channel, 'id'>): readonly Retiring[] {
  const value = context.home.cells.get(channel.id, cellName)?.value;
  return Array.isArray(value) ? value : [];
}

/** Within a transaction. @param next in its place; absent: it is dealt with. */
function change(context: Context, channel: Pick<Channel, 'id'>, one: Retiring, next?: Retiring): void {
  const others = readList(context, channel).filter(({ drop, keep }) => drop !== one.drop || keep !== one.keep);
  context.home.cells.set(channel.id, cellName, next ? [...others, next] : others);
}

/** Within a transaction: a key was sent to the buddy; it follows all others of theirs to this drop. */
export function retireOthers(context: Context, channel: Pick<Channel, 'id'>, drop: string, keep: string): void {
  const others = readList(context, channel).filter((one) => one.drop !== drop);
  context.home.cells.set(channel.id, cellName, [...others, { drop, keep }]);
}

/** Removes what has been followed. What fails is said once, and tried again by the next listener. */
export async function mindRetired(context: Context, channel: Channel): Promise<Shown[]> {
  const shown: Shown[] = [];
  for (const one of readList(context, channel)) {
    try {
      if (await isDone(context, channel, one)) context.home.db.transaction(() => change(context, channel, one));
    } catch (error) {
      if (!(error instanceof BtrError)) throw error;
      if (one.isSaid) continue;
      context.home.db.transaction(() => change(context, channel, one, { ...one, isSaid: true }));
      const hint = error.hint === undefined ? '' : ` ${error.hint}`;
      const text = `${channel.name} has another key to the drop now, and the one before could not be revoked yet: ${error.message}${hint}`;
      shown.push({ event: { type: 'notice', channel: channel.name, code: 'key-trouble', text } });
    }
  }
  return shown;
}

/** True also where there is nothing to do. */
async function isDone(context: Context, channel: Channel, { drop, keep }: Retiring): Promise<boolean> {
  const waiting = context.home.outbox.contents(channel.id, frameKinds.dropKey);
  if (waiting.some((content) => content.includes(JSON.stringify(keep)))) return false;
  const used = (await usedDrops(context.home.channels.get(channel.id))).find(({ tag }) => tag === drop);
  if (!used) return true;
  const kind = await dropKeys(used.address.kind);
  if (kind.removedBy === 'holder') return true;
  const buddy = otherRole(channel.role);
  const invite = readPairing(context, channel)?.pairing;
  // Those of an invite that is open are for whoever joins by it.
  const others = invite?.side === 'inviter' && invite.state === 'open' ? keysOf(invite) : [];
  for (const { id } of await kind.list(used.address, buddy)) {
    if (id !== keep && !others.includes(id)) await kind.remove(used.address, buddy, id, 'owner');
  }
  return true;
}

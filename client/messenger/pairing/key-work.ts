/** Keys to a drop that came inside the session: each is taken into use, and the one before is then removed with it. */
import { type DropKeys, dropKeys } from '../../drops/registry.ts';
import { BtrError } from '../../errors.ts';
import { isDropTag } from '../../protocol/drop-word.ts';
import type { Channel } from '../../store/channels.ts';
import type { Shown } from '../absorb.ts';
import type { Context } from '../context.ts';
import { replaceAddress } from '../drops/change.ts';
import { changeDropRecord, readDropRecord, type TaggedDrop } from '../drops/record.ts';
import { mostDrops, usedDrops, withDrops } from '../drops/set.ts';
import { removeBuddyKeys } from './keys.ts';
import { readPairing } from './records.ts';

const cellName = 'keys';

/** Without a drop's tag: for the first one, as clients that know of one alone say it. */
interface NewKey {
  readonly drop?: string;
  /** As it came. */
  readonly key: unknown;
}

interface OldKey {
  readonly drop?: string;
  readonly id: string;
}

interface KeyWork {
  /** Keys that came and are not in use yet. */
  readonly next: readonly NewKey[];
  /** Keys that are to be removed with the rights of those that came in their place. */
  readonly remove: readonly OldKey[];
}

function readWork(context: Context, channel: Pick<Channel, 'id'>): KeyWork {
  const value = context.home.cells.get(channel.id, cellName)?.value;
  if (isWork(value)) return value;
  return isWorkOfOne(value)
    ? { next: value.next === undefined ? [] : [{ key: value.next }], remove: value.remove.map((id) => ({ id })) }
    : { next: [], remove: [] };
}

/** The cell is sealed: what opens is what this program wrote. */
function isWork(value: unknown): value is KeyWork {
  return typeof value === 'object' && value !== null && 'next' in value && Array.isArray(value.next);
}

/** As it was written while a channel had one drop. */
function isWorkOfOne(value: unknown): value is { readonly next?: unknown; readonly remove: readonly string[] } {
  return typeof value === 'object' && value !== null && 'remove' in value && Array.isArray(value.remove);
}

/** Within a transaction. */
function changeWork(context: Context, channel: Pick<Channel, 'id'>, change: (work: KeyWork) => KeyWork): void {
  context.home.cells.set(channel.id, cellName, change(readWork(context, channel)));
}

/** Within a transaction: a key has come. False where it is none, or the buddy has no keys to hand out. */
export function keepKey(context: Context, channel: Channel, content: Uint8Array): boolean {
  const came = parseKeyFrame(content);
  if (!came || !isKeyHolder(context, channel, came.drop)) return false;
  changeWork(context, channel, ({ next, remove }) => ({
    // The newest for each drop, and no more than there can be drops.
    next: [...next.filter(({ drop }) => drop !== came.drop), came].slice(-2 * mostDrops),
    remove,
  }));
  return true;
}

function parseKeyFrame(content: Uint8Array): NewKey | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(content).toString());
    if (typeof value !== 'object' || value === null) return undefined;
    if (!('drop' in value)) return { key: value };
    const { drop, ...key } = value;
    return isDropTag(drop) ? { drop, key } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Keys come from whoever named the drop: its owner would sign with a stranger's. */
function isKeyHolder(context: Context, channel: Channel, drop = ''): boolean {
  const { named, own, offers } = readDropRecord(context, channel);
  if (named.includes(drop) || offers.some(({ tag }) => tag === drop)) return true;
  return readPairing(context, channel)?.pairing.side === 'joiner' && !own.includes(drop);
}

/** Takes new keys into use, and removes the old ones. What fails is said and tried again by the next listener. */
export async function mindKeys(context: Context, channel: Channel): Promise<Shown[]> {
  try {
    for (const next of readWork(context, channel).next) await takeKey(context, channel, next);
    for (const old of readWork(context, channel).remove) await removeOld(context, channel, old);
    return [];
  } catch (error) {
    if (!(error instanceof BtrError)) throw error;
    const text = `A new key to the drop could not be taken into use yet: ${error.message}`;
    return [{ event: { type: 'notice', channel: channel.name, code: 'key-trouble', text } }];
  }
}

async function takeKey(context: Context, channel: Channel, came: NewKey): Promise<void> {
  const offers = readDropRecord(context, channel).offers;
  const drop = dropOf([...(await usedDrops(context.home.channels.get(channel.id))), ...offers], came.drop);
  // A drop that was removed meanwhile has no use for a key.
  if (!drop) return forget(context, channel, came);
  const kind = await dropKeys(drop.address.kind).catch((error: unknown) =>
    forgetAndThrow(context, channel, came, error),
  );
  const key = parseKey(context, channel, kind, came);
  await withDrops(context, channel.id, (current, drops) => {
    // Another process of this home may have been first, and may have gone on to a newer one.
    if (!readWork(context, channel).next.some((one) => isSame(one, came))) return;
    const used = dropOf(drops, came.drop);
    if (used) {
      const old = kind.keyId(used.address);
      // Who got to the drop by other means goes on with those.
      if (old !== undefined) replaceAddress(context, current, drops, used.tag, kind.withKey(used.address, key));
      if (old !== undefined && old !== key.id && kind.removedBy === 'holder') {
        changeWork(context, channel, (work) => ({ ...work, remove: [...work.remove, { drop: used.tag, id: old }] }));
      }
    } else {
      const offered = readDropRecord(context, current).offers.map((offer) =>
        offer.tag === came.drop ? { ...offer, address: kind.withKey(offer.address, key) } : offer,
      );
      changeDropRecord(context, current, { offers: offered });
    }
    forgetWithin(context, channel, came);
  });
}

function dropOf(drops: readonly TaggedDrop[], tag: string | undefined): TaggedDrop | undefined {
  return tag === undefined ? drops[0] : drops.find((drop) => drop.tag === tag);
}

/** A key that is none now would be none the next time, too. */
function parseKey(context: Context, channel: Channel, kind: DropKeys, came: NewKey) {
  try {
    return kind.parseKey(came.key);
  } catch (error) {
    return forgetAndThrow(context, channel, came, error);
  }
}

function forgetAndThrow(context: Context, channel: Channel, came: NewKey, error: unknown): never {
  forget(context, channel, came);
  throw error;
}

function forget(context: Context, channel: Channel, came: NewKey): void {
  context.home.db.transaction(() => forgetWithin(context, channel, came));
}

function forgetWithin(context: Context, channel: Channel, came: NewKey): void {
  changeWork(context, channel, ({ next, remove }) => ({ next: next.filter((one) => !isSame(one, came)), remove }));
}

/** A newer one for the same drop may have come meanwhile. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

async function removeOld(context: Context, channel: Channel, old: OldKey): Promise<void> {
  const current = context.home.channels.get(channel.id);
  const drop = dropOf(await usedDrops(current), old.drop);
  if (drop) await removeBuddyKeys(drop.address, current.role, [old.id], 'own');
  context.home.db.transaction(() =>
    changeWork(context, channel, ({ next, remove }) => ({ next, remove: remove.filter((one) => !isSame(one, old)) })),
  );
}

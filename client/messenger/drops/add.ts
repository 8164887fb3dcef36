/**
 * Adding a drop to a channel: one side's doing. The new address travels inside the channel, so that the other side
 * needs to do nothing but, for places that its user must agree to, say yes.
 */
import { isDeepStrictEqual } from 'node:util';
import { type DropAddress, type DropKey, dropKeys, dropKind, dropTag, shareDrop } from '../../drops/registry.ts';
import { UsageError } from '../../errors.ts';
import { encodeDropWord } from '../../protocol/drop-word.ts';
import { frameKinds } from '../../protocol/frames.ts';
import { otherRole } from '../../protocol/roles.ts';
import type { Channel } from '../../store/channels.ts';
import type { Context } from '../context.ts';
import { appendControl } from '../control.ts';
import { sendKey } from '../pairing/keys.ts';
import { assertPlace, assertSeveral } from './allowed.ts';
import { replaceAddress, use } from './change.ts';
import { readDropRecord, type TaggedDrop } from './record.ts';
import { type DropInfo, dropInfo, findDrop, mostDrops, usedDrops, withDrops } from './set.ts';

export interface AddedDrop extends DropInfo {
  /** False: the channel went over it before, and reaches it by this address from now on. */
  readonly isNew: boolean;
}

export interface AddDropOptions {
  /** Make a key to the drop for the buddy, with the owner's credentials. */
  readonly withKey?: boolean | undefined;
  /** The buddy's name in the cloud, where the drop's address does not tell it. */
  readonly user?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Uses one more drop from now on, and queues the word on it for the buddy; with a key, also for a drop that is in use.
 * Without one, a drop in use that this address leads to as well is reached by it from now on: by another path, login or
 * host key, which are this home's own affair.
 * @param address settled, and as this side sees it. @throws UsageError `no-several-drops`, `plain-suite`, `same-drop`,
 * `too-many-drops`; SetupError and DropError of opening the drop or making the key. Nothing is changed then.
 */
export async function addDrop(
  context: Context,
  channel: Channel,
  address: DropAddress,
  options: AddDropOptions,
): Promise<AddedDrop> {
  assertSeveral(channel);
  assertPlace(channel, address);
  const tag = await dropTag(address);
  if (!options.withKey && (await usedDrops(channel)).some((drop) => drop.tag === tag)) {
    return reachBy(context, channel, tag, address);
  }
  await withDrops(context, channel.id, (_, drops) => assertRoom(channel, drops, tag, options));
  await (await context.openAlone(channel, address)).close();
  options.signal?.throwIfAborted();
  const { bodyBytes } = await dropKind(address.kind);
  const { own, shared, key } = await shareWithBuddy(channel, address, options);
  try {
    const added = await withDrops(context, channel.id, (current, drops) => {
      assertRoom(current, drops, tag, options);
      const known = drops.find((drop) => drop.tag === tag);
      if (!known) use(context, current, { tag, address: own }, bodyBytes, 'own');
      appendControl(context, current, frameKinds.drop, encodeDropWord({ add: shared }));
      // Else a removal of this drop that was heard before would seem to cross the word.
      context.home.inbox.acknowledgeAll(current.id);
      // A buddy who uses it already takes no notice of the word.
      if (known && key) sendKey(context, current, tag, key);
      return { drop: known ?? { tag, address: own }, isNew: !known };
    });
    return { ...(await dropInfo(added.drop, 'used')), isNew: added.isNew };
  } catch (error) {
    // A key that nobody was told of would stay.
    if (key) await (await dropKeys(address.kind)).remove(own, otherRole(channel.role), key.id, 'owner');
    throw error;
  }
}

/** A key of this home's own stays, unless the address brings another. */
async function reachBy(context: Context, channel: Channel, tag: string, address: DropAddress): Promise<AddedDrop> {
  const drop = await withDrops(context, channel.id, (current, drops) => {
    const { address: before } = findDrop(drops, tag);
    const { credentials = before.credentials } = address;
    const now = credentials === undefined ? address : { ...address, credentials };
    if (isDeepStrictEqual(now, before)) throw sameDrop(current);
    replaceAddress(context, current, drops, tag, now);
    return { tag, address: now };
  });
  return { ...(await dropInfo(drop, 'used')), isNew: false };
}

function sameDrop({ name }: Channel): UsageError {
  return new UsageError(`Channel ${name} goes over that drop already.`, {
    code: 'same-drop',
    hint: `For a new key to it: btr channel rotate-key ${name} --drop ID`,
  });
}

function assertRoom(channel: Channel, drops: readonly TaggedDrop[], tag: string, { withKey }: AddDropOptions): void {
  const isKnown = drops.some((drop) => drop.tag === tag);
  if (isKnown && !withKey) throw sameDrop(channel);
  if (!isKnown && drops.length >= mostDrops) throw tooMany(channel);
}

function tooMany({ name }: Channel): UsageError {
  return new UsageError(`Channel ${name} goes over ${mostDrops} drops, and takes no more.`, {
    code: 'too-many-drops',
    hint: `Remove one first: btr drop remove ${name} ID`,
  });
}

interface Shared {
  /** The address as this side keeps it. */
  readonly own: DropAddress;
  /** As the buddy needs it. */
  readonly shared: DropAddress;
  readonly key?: DropKey;
}

async function shareWithBuddy(
  channel: Channel,
  address: DropAddress,
  { withKey, user, signal }: AddDropOptions,
): Promise<Shared> {
  const buddy = otherRole(channel.role);
  if (!withKey) return { own: address, shared: await shareDrop(address, buddy) };
  const keys = await dropKeys(address.kind);
  const own = user === undefined ? address : keys.withUser(address, buddy, user);
  const shared = await shareDrop(own, buddy);
  const key = await keys.create(own, buddy, signal ? { signal } : {});
  return { own, shared: keys.withKey(shared, key), key };
}

export interface AcceptDropOptions {
  /** The offer that the user has said yes to; absent: whatever it is by now. */
  readonly seen?: DropInfo | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Uses what the buddy offered: the user has said yes.
 * @throws UsageError `no-such-drop`, `same-drop`, `too-many-drops`, `offer-changed`; DropError. Nothing is changed then.
 */
export async function acceptDrop(
  context: Context,
  channel: Channel,
  prefix: string,
  { seen, signal }: AcceptDropOptions,
): Promise<DropInfo> {
  const { offers } = readDropRecord(context, channel);
  const { tag, address } = findDrop([...offers, ...(await usedDrops(channel))], prefix);
  if (!offers.some((offer) => offer.tag === tag)) throw sameDrop(channel);
  if (seen && !isDeepStrictEqual(await dropInfo({ tag, address }, 'offered'), seen)) throw offerChanged(channel);
  await (await context.openAlone(channel, address)).close();
  signal?.throwIfAborted();
  const { bodyBytes } = await dropKind(address.kind);
  const accepted = await withDrops(context, channel.id, (current, drops) => {
    const offer = findDrop(readDropRecord(context, current).offers, tag);
    if (!isDeepStrictEqual(offer.address, address)) throw offerChanged(current);
    if (drops.length >= mostDrops) throw tooMany(current);
    use(context, current, offer, bodyBytes, 'named');
    return offer;
  });
  return dropInfo(accepted, 'used');
}

/** Under one id, a buddy can name another path or host. */
function offerChanged({ name }: Channel): UsageError {
  return new UsageError(`${name} has changed this offer meanwhile, so it is not used.`, {
    code: 'offer-changed',
    hint: `Look at it as it is now: btr drop list ${name}`,
  });
}

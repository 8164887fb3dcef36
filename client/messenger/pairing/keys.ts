/**
 * Keys for a buddy without an account of their own. Two are made: the first travels in the invite, where others may
 * see it; the second stays here, sealed, and follows inside the session once the buddy has joined. The buddy's home
 * then deletes the first, or this one does where no key can remove itself, so that an intercepted invite is worth
 * nothing any more.
 */
import {
  type DropAddress,
  type DropKey,
  type DropKeys,
  dropKeys,
  dropKind,
  dropTag,
  type KeyRights,
} from '../../drops/registry.ts';
import { DropError, SetupError } from '../../errors.ts';
import { frameKinds } from '../../protocol/frames.ts';
import { otherRole, type Role } from '../../protocol/roles.ts';
import type { Channel } from '../../store/channels.ts';
import type { Context } from '../context.ts';
import { appendControl } from '../control.ts';
import { replaceAddress } from '../drops/change.ts';
import type { TaggedDrop } from '../drops/record.ts';
import { findDrop, usedDrops, withDrops } from '../drops/set.ts';
import { retireOthers } from './retire.ts';

export interface BuddyKeys {
  /** The tag of the drop that they open. */
  readonly drop: string;
  readonly first: string;
  readonly second: DropKey;
  /** The address with the first key. */
  readonly address: DropAddress;
}

interface Options {
  readonly user?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface FirstKeyOptions extends Options {
  /** When the first key is of no use any more, in milliseconds since 1970. */
  readonly until: number;
}

export interface KeyOptions extends Options {
  /** The beginning of a drop's id; by default the first drop that has keys. */
  readonly drop?: string | undefined;
}

/** @param shared the address as the buddy needs it. @throws SetupError, DropError. */
export async function makeBuddyKeys(
  drop: DropAddress,
  buddy: Role,
  shared: DropAddress,
  { user, signal, until }: FirstKeyOptions,
): Promise<BuddyKeys> {
  const kind = await dropKeys(drop.kind);
  const about = user === undefined ? drop : kind.withUser(drop, buddy, user);
  const call = signal ? { signal } : {};
  const first = await kind.create(about, buddy, { ...call, until });
  try {
    const second = await kind.create(about, buddy, call);
    const named = user === undefined ? shared : kind.withUser(shared, buddy, user);
    return { drop: await dropTag(drop), first: first.id, second, address: kind.withKey(named, first) };
  } catch (error) {
    // Also where it was interrupted: a key that nobody was told of would stay.
    await kind.remove(about, buddy, first.id, 'owner');
    throw error;
  }
}

/** The drop whose keys are meant. @throws UsageError `no-such-drop`; SetupError `no-drop-keys`. */
async function keyedDrop(
  channel: Channel,
  prefix: string | undefined,
): Promise<TaggedDrop & { readonly kind: DropKeys }> {
  const drops = await usedDrops(channel);
  if (prefix !== undefined) return withKeys(findDrop(drops, prefix));
  for (const drop of drops) if ((await dropKind(drop.address.kind)).keys) return withKeys(drop);
  return withKeys({ tag: '', address: channel.drop });
}

async function withKeys(drop: TaggedDrop): Promise<TaggedDrop & { readonly kind: DropKeys }> {
  return { ...drop, kind: await dropKeys(drop.address.kind) };
}

/** Remembers what the buddy is called in the cloud: by that name their keys are removed later. */
export async function rememberUser(context: Context, channel: Channel, { user, drop }: KeyOptions): Promise<Channel> {
  if (user === undefined) return channel;
  const { tag, address, kind } = await keyedDrop(channel, drop);
  const named = kind.withUser(address, otherRole(channel.role), user);
  return withDrops(context, channel.id, (current, drops) => replaceAddress(context, current, drops, tag, named));
}

export async function removeBuddyKeys(
  drop: DropAddress,
  role: Role,
  ids: readonly string[],
  by: KeyRights,
): Promise<void> {
  const kind = await dropKeys(drop.kind);
  for (const id of ids) await kind.remove(drop, role, id, by);
}

/** Makes another key for the buddy and sends it inside the session; the buddy's home removes the one it has now. */
export async function rotateBuddyKey(context: Context, channel: Channel, options: KeyOptions): Promise<string> {
  const { tag, address, kind } = await keyedDrop(channel, options.drop);
  const key = await kind.create(address, otherRole(channel.role), options.signal ? { signal: options.signal } : {});
  context.home.db.transaction(() => sendKey(context, channel, tag, key));
  return key.id;
}

/**
 * Makes a key for this side's own user and goes over the drop with it from now on; the one before is removed. The
 * owner's rights are then needed for nothing but inviting and looking after the drop.
 */
export async function takeOwnKey(context: Context, channel: Channel, options: KeyOptions): Promise<string> {
  const { tag, address, kind } = await keyedDrop(channel, options.drop);
  const { role } = channel;
  const call = options.signal ? { signal: options.signal } : {};
  const key = await kind.create(address, role, call);
  let former: string | undefined;
  try {
    await kind.untilUsable(kind.withKey(address, key), role, call);
    former = await useKey(context, channel, tag, kind, key);
  } catch (error) {
    await kind.remove(address, role, key.id, 'owner');
    throw error;
  }
  if (former !== undefined) await removeFormer(kind, address, role, former, key.id);
  return key.id;
}

/** Not to be interrupted: the key before would live on without a word. */
async function removeFormer(
  kind: DropKeys,
  address: DropAddress,
  role: Role,
  former: string,
  key: string,
): Promise<void> {
  try {
    await kind.remove(address, role, former, 'owner');
  } catch (error) {
    if (!(error instanceof DropError)) throw error;
    const { code, message, cause } = error;
    throw new DropError(
      `This home uses access key ${key} now. The one before, ${former}, could not be deleted: ${message}`,
      {
        code,
        hint: 'Delete that one by hand.',
        retryable: false,
        cause,
      },
    );
  }
}

/** Answers the id of the key before. */
function useKey(
  context: Context,
  { id }: Channel,
  tag: string,
  kind: DropKeys,
  key: DropKey,
): Promise<string | undefined> {
  return withDrops(context, id, (current, drops) => {
    const drop = drops.find((one) => one.tag === tag);
    if (!drop) {
      throw new SetupError(
        `Channel ${current.name} goes over another drop now, where the key that was made opens nothing.`,
        {
          code: 'moved-meanwhile',
          hint: 'The key is deleted again. Run the same command again for one of the new drop.',
        },
      );
    }
    replaceAddress(context, current, drops, tag, kind.withKey(drop.address, key));
    return kind.keyId(drop.address);
  });
}

/** Within a transaction. @param tag of the drop that the key opens; absent: the first. */
export function sendKey(context: Context, channel: Channel, tag: string | undefined, key: DropKey): void {
  const content = { ...(tag === undefined ? {} : { drop: tag }), ...key };
  appendControl(context, channel, frameKinds.dropKey, Buffer.from(JSON.stringify(content)));
  if (tag !== undefined) retireOthers(context, channel, tag, key.id);
}

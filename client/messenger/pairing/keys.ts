/**
 * Keys for a buddy without an account of their own. Two are made: the first travels in the invite, where others may
 * see it; the second stays here, sealed, and follows inside the session once the buddy has joined. The buddy's home
 * then deletes the first, so that an intercepted invite is worth nothing any more.
 */
import { type DropAddress, type DropKey, type DropKeys, dropKeys, type KeyRights } from '../../drops/registry.ts';
import { BtrError, DropError, SetupError } from '../../errors.ts';
import { frameKinds } from '../../protocol/frames.ts';
import { otherRole, type Role } from '../../protocol/roles.ts';
import type { Channel } from '../../store/channels.ts';
import type { Shown } from '../absorb.ts';
import { type Context, isSamePlace } from '../context.ts';
import { appendControl } from '../control.ts';

export interface BuddyKeys {
  readonly first: string;
  readonly second: DropKey;
  /** The address with the first key. */
  readonly address: DropAddress;
}

interface Options {
  readonly user?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @param shared the address as the buddy needs it. @throws SetupError, DropError. */
export async function makeBuddyKeys(
  drop: DropAddress,
  buddy: Role,
  shared: DropAddress,
  { user, signal }: Options,
): Promise<BuddyKeys> {
  const kind = await dropKeys(drop.kind);
  const about = user === undefined ? drop : kind.withUser(drop, buddy, user);
  const call = signal ? { signal } : {};
  const first = await kind.create(about, buddy, call);
  try {
    const second = await kind.create(about, buddy, call);
    const named = user === undefined ? shared : kind.withUser(shared, buddy, user);
    return { first: first.id, second, address: kind.withKey(named, first) };
  } catch (error) {
    // Also where it was interrupted: a key that nobody was told of would stay.
    await kind.remove(about, buddy, first.id, 'owner');
    throw error;
  }
}

/** Remembers what the buddy is called in the cloud: by that name their keys are removed later. */
export async function rememberUser(context: Context, channel: Channel, user: string | undefined): Promise<Channel> {
  if (user === undefined) return channel;
  const drop = (await dropKeys(channel.drop.kind)).withUser(channel.drop, otherRole(channel.role), user);
  const { channels, db } = context.home;
  return db.transaction(() => channels.update(channels.get(channel.id), { drop }));
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
export async function rotateBuddyKey(context: Context, channel: Channel, options: Options): Promise<string> {
  const kind = await dropKeys(channel.drop.kind);
  const buddy = otherRole(channel.role);
  const about = options.user === undefined ? channel.drop : kind.withUser(channel.drop, buddy, options.user);
  const key = await kind.create(about, buddy, options.signal ? { signal: options.signal } : {});
  context.home.db.transaction(() => sendKey(context, channel, key));
  return key.id;
}

/**
 * Makes a key for this side's own user and goes over the drop with it from now on; the one before is removed. The
 * owner's rights are then needed for nothing but inviting and looking after the drop.
 */
export async function takeOwnKey(context: Context, channel: Channel, signal: AbortSignal | undefined): Promise<string> {
  const kind = await dropKeys(channel.drop.kind);
  const { drop, role } = channel;
  const call = signal ? { signal } : {};
  const key = await kind.create(drop, role, call);
  let former: string | undefined;
  try {
    await kind.untilUsable(kind.withKey(drop, key), role, call);
    former = context.home.db.transaction(() => useKey(context, channel, kind, key));
  } catch (error) {
    await kind.remove(drop, role, key.id, 'owner');
    throw error;
  }
  if (former !== undefined) await removeFormer(kind, { drop, role }, former, key.id);
  return key.id;
}

/** Not to be interrupted: the key before would live on without a word. */
async function removeFormer(
  kind: DropKeys,
  { drop, role }: Pick<Channel, 'drop' | 'role'>,
  former: string,
  key: string,
): Promise<void> {
  try {
    await kind.remove(drop, role, former, 'owner');
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

/** Within a transaction. Answers the id of the key before. */
function useKey(
  { home: { channels } }: Context,
  { id, drop }: Channel,
  kind: DropKeys,
  key: DropKey,
): string | undefined {
  const current = channels.get(id);
  if (!isSamePlace(current.drop, drop)) {
    throw new SetupError(
      `Channel ${current.name} goes over another drop now, where the key that was made opens nothing.`,
      {
        code: 'moved-meanwhile',
        hint: 'The key is deleted again. Run the same command again for one of the new drop.',
      },
    );
  }
  channels.update(current, { drop: kind.withKey(current.drop, key) });
  return kind.keyId(current.drop);
}

/** Within a transaction. */
export function sendKey(context: Context, channel: Channel, key: DropKey): void {
  appendControl(context, channel, frameKinds.dropKey, Buffer.from(JSON.stringify(key)));
}

const cellName = 'keys';

/** A key that came and is not in use yet, and keys that are to be removed with its rights. */
interface KeyWork {
  readonly next?: unknown;
  readonly remove: readonly string[];
}

function readWork(context: Context, channel: Pick<Channel, 'id'>): KeyWork | undefined {
  const value = context.home.cells.get(channel.id, cellName)?.value;
  return typeof value === 'object' && value !== null && 'remove' in value && Array.isArray(value.remove)
    ? { remove: value.remove, ...('next' in value ? { next: value.next } : {}) }
    : undefined;
}

/** Within a transaction: a key has come. False where it is none. */
export function keepKey(context: Context, channel: Channel, content: Uint8Array): boolean {
  try {
    const next: unknown = JSON.parse(Buffer.from(content).toString());
    const { remove = [] } = readWork(context, channel) ?? {};
    context.home.cells.set(channel.id, cellName, { next, remove });
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** Within a transaction: the channel goes over another drop, where these keys open nothing. */
export function forgetKeyWork(context: Context, channel: Pick<Channel, 'id'>): void {
  if (readWork(context, channel)) context.home.cells.set(channel.id, cellName, { remove: [] });
}

/** Takes a new key into use, and removes the old one. What fails is said and tried again by the next listener. */
export async function mindKeys(context: Context, channel: Channel): Promise<Shown[]> {
  const work = readWork(context, channel);
  if (!work || (work.next === undefined && work.remove.length === 0)) return [];
  try {
    if (work.next !== undefined) await takeKey(context, channel, work);
    const { drop, role } = context.home.channels.get(channel.id);
    const { remove = [] } = readWork(context, channel) ?? {};
    await removeBuddyKeys(drop, role, remove, 'own');
    context.home.db.transaction(() => {
      const now = readWork(context, channel);
      if (now) context.home.cells.set(channel.id, cellName, { ...now, remove: now.remove.filter(notIn(remove)) });
    });
    return [];
  } catch (error) {
    if (!(error instanceof BtrError)) throw error;
    const text = `A new key to the drop could not be taken into use yet: ${error.message}`;
    return [{ event: { type: 'notice', channel: channel.name, code: 'key-trouble', text } }];
  }
}

async function takeKey(context: Context, channel: Channel, work: KeyWork): Promise<void> {
  const { channels, cells, db } = context.home;
  const kind = await dropKeys(channel.drop.kind);
  const key = parseOrForget(context, channel, kind, work);
  db.transaction(() => {
    const current = channels.get(channel.id);
    const old = kind.keyId(current.drop);
    // Who got to the drop by other means goes on with those.
    if (old === undefined) return cells.set(channel.id, cellName, { remove: work.remove });
    const remove = old === key.id ? work.remove : [...work.remove, old];
    channels.update(current, { drop: kind.withKey(current.drop, key) });
    cells.set(channel.id, cellName, { remove });
  });
}

/** A key that is none now would be none the next time, too. */
function parseOrForget(context: Context, channel: Channel, kind: DropKeys, { next, remove }: KeyWork): DropKey {
  try {
    return kind.parseKey(next);
  } catch (error) {
    context.home.db.transaction(() => context.home.cells.set(channel.id, cellName, { remove }));
    throw error;
  }
}

function notIn(list: readonly string[]) {
  return (id: string) => !list.includes(id);
}

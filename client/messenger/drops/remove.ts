/**
 * Removing a drop from a channel: what waits there is taken, and everything that is not acknowledged goes out anew by
 * the drops that remain, so that nothing hangs on who still reads the one that goes.
 */
import type { Drop, ParcelStore } from '../../drops/drop.ts';
import { type DropAddress, dropTag } from '../../drops/registry.ts';
import { type BtrError, DropError, SetupError, UsageError } from '../../errors.ts';
import { decodeDropWord, encodeDropWord } from '../../protocol/drop-word.ts';
import { decodeFileNotice } from '../../protocol/file-notice.ts';
import { frameKinds } from '../../protocol/frames.ts';
import type { Channel } from '../../store/channels.ts';
import type { Context } from '../context.ts';
import { appendControl } from '../control.ts';
import { deliver, letterOf } from '../deliver.ts';
import type { ChannelEvent } from '../events.ts';
import { type FileInfo, filesWait, findFile, waitingFiles } from '../files.ts';
import { drain } from '../listen.ts';
import { assertNoPairing } from '../pairing/under-way.ts';
import { leaveOut } from './change.ts';
import { changeDropRecord, readDropRecord, type TaggedDrop } from './record.ts';
import { addressesBut, type DropInfo, dropInfo, findDrop, usedDrops, withDrops } from './set.ts';
import { unread } from './unread.ts';

export interface RemoveDropOptions {
  /** Go on although the drop can't be read, and without the files that lie only there. */
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Hears what came out of the drop, but for messages and files: those wait for the next listener. */
  readonly onEvent?: ((event: ChannelEvent) => void) | undefined;
}

export interface RemovedDrop {
  readonly drop: DropInfo;
  /** How many messages go out once more by the drops that remain, or had not gone out at all. */
  readonly again: number;
  /** Files that were sent and may lie only there: the buddy may not have fetched them. */
  readonly sentFiles: readonly FileInfo[];
  /** Files that came, were not fetched, lie only there and, by `force`, are given up. */
  readonly lostFiles: readonly FileInfo[];
  /** Why the drop could not be read, by `force`. */
  readonly unread?: BtrError | undefined;
}

/**
 * Removes a drop from the channel and queues the word on it for the buddy; or declines an offer.
 * @throws UsageError `no-such-drop`, `only-drop`; SetupError `invite-open`, `join-open`, `not-heard`, `files-wait`; BtrError
 * `old-drop-unread`. Nothing is changed then.
 */
export async function removeDrop(
  context: Context,
  channel: Channel,
  prefix: string,
  options: RemoveDropOptions,
): Promise<RemovedDrop> {
  const { offers } = readDropRecord(context, channel);
  const drop = findDrop([...(await usedDrops(channel)), ...offers], prefix);
  if (offers.includes(drop)) return decline(context, channel, drop);
  await withDrops(context, channel.id, (current, drops) => assertRemovable(context, current, drops, drop.tag));
  const { place, unread } = await emptied(context, channel, drop.address, options);
  try {
    if (!options.force) await assertHeard(context, channel, drop);
    const removed = await leave(context, channel, drop, options);
    if (place) await sayThere(context, channel, place, options.signal);
    return { ...removed, unread };
  } finally {
    await place?.close();
  }
}

async function leave(
  context: Context,
  channel: Channel,
  drop: TaggedDrop,
  { force, signal }: RemoveDropOptions,
): Promise<Omit<RemovedDrop, 'unread'>> {
  const sentFiles = waitingFiles(context, channel).filter(({ outgoing }) => outgoing);
  const lostFiles = await filesOnlyIn(context, channel, drop, signal);
  if (lostFiles.length > 0 && !force) throw filesWait(lostFiles, 'To remove it without them: --force');
  const again = await withDrops(context, channel.id, (current, drops) => {
    assertRemovable(context, current, drops, drop.tag);
    for (const { id } of lostFiles) context.home.files.setState(Buffer.from(id, 'hex'), 'left-behind');
    leaveOut(context, current, drops, drop.tag);
    appendControl(context, current, frameKinds.drop, encodeDropWord({ remove: drop.tag }));
    const { queued, sent } = context.home.outbox.counts(current.id);
    return queued + sent;
  });
  return { drop: await dropInfo(drop, 'used'), again, sentFiles, lostFiles };
}

async function decline(context: Context, channel: Channel, drop: TaggedDrop): Promise<RemovedDrop> {
  const declined = await dropInfo(drop, 'offered');
  context.home.db.transaction(() => {
    const { offers } = readDropRecord(context, channel);
    changeDropRecord(context, channel, { offers: offers.filter(({ tag }) => tag !== drop.tag) });
  });
  return { drop: declined, again: 0, sentFiles: [], lostFiles: [] };
}

function assertRemovable(context: Context, channel: Channel, drops: readonly TaggedDrop[], tag: string): void {
  findDrop(drops, tag);
  if (drops.length === 1) {
    throw new UsageError(`This is the only drop of channel ${channel.name}.`, {
      code: 'only-drop',
      hint: `Add another one first: btr drop add ${channel.name} DROP`,
    });
  }
  if (drops[0]?.tag === tag) assertNoPairing(context, channel);
}

/** A buddy whose home knows none of the drops that remain could not be reached any more. @throws SetupError `not-heard`. */
async function assertHeard({ home }: Context, channel: Channel, drop: TaggedDrop): Promise<void> {
  const words = home.outbox.contents(channel.id, frameKinds.drop).map(decodeDropWord);
  const unheard = await Promise.all(words.flatMap((word) => ('add' in word ? [dropTag(word.add)] : [])));
  const remaining = (await usedDrops(home.channels.get(channel.id))).filter(({ tag }) => tag !== drop.tag);
  if (remaining.some(({ tag }) => !unheard.includes(tag))) return;
  throw new SetupError(`${channel.name} has not heard of the other drops yet, so nothing was changed.`, {
    code: 'not-heard',
    hint: `It hears of them when it listens, and says so with what it sends next; try again then. Without waiting: --force`,
  });
}

interface Emptied {
  /** Still open; the caller closes it. */
  readonly place?: Drop;
  readonly unread?: BtrError;
}

async function emptied(
  context: Context,
  channel: Channel,
  address: DropAddress,
  { force, signal, onEvent }: RemoveDropOptions,
): Promise<Emptied> {
  let place: Drop | undefined;
  try {
    place = await context.openAlone(channel, address);
    for await (const event of drain(context, channel.id, place, signal)) onEvent?.(event);
    return { place };
  } catch (error) {
    await place?.close();
    return { unread: unread(error, { force, which: 'The drop', onward: 'To remove it all the same' }) };
  }
}

/**
 * A buddy who has not said yes to any other drop yet hears in this one that it is left. It goes by the others as well:
 * where it can't be left here, that is no reason to fail.
 */
async function sayThere(
  context: Context,
  channel: Channel,
  place: Drop,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { bodies, channels } = context.home;
  const call = signal ? { signal } : {};
  try {
    await deliver(context, channel.id, call);
    const words = bodies.carrying(channel.id, frameKinds.drop);
    if (words.length > 0)
      await place.leave(
        words.map((body) => letterOf(channels.get(channel.id), body)),
        call,
      );
  } catch (error) {
    if (!(error instanceof DropError)) throw error;
  }
}

/** Files that came and wait, but for those that one of the other drops has as well. */
async function filesOnlyIn(
  context: Context,
  channel: Channel,
  { tag }: TaggedDrop,
  signal: AbortSignal | undefined,
): Promise<FileInfo[]> {
  const files = waitingFiles(context, channel).filter(({ outgoing }) => !outgoing);
  const [drop, ...further] = addressesBut(await usedDrops(channel), tag);
  if (files.length === 0 || !drop) return files;
  const { parcels } = await context.drop({ ...channel, drop, further });
  if (!parcels) return files;
  const only: FileInfo[] = [];
  for (const file of files) {
    const { objectKey } = decodeFileNotice(findFile(context, file.id).notice);
    if (!(await holds(parcels, objectKey, signal))) only.push(file);
  }
  return only;
}

/** Where it can't be asked, it counts as not there. */
async function holds(parcels: ParcelStore, key: string, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    for await (const _ of parcels.get(key, { offset: 0, length: 1 }, signal ? { signal } : {})) return true;
    return false;
  } catch (error) {
    if (error instanceof DropError) return false;
    throw error;
  }
}

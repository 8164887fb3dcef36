/**
 * Removing a drop from a channel: what waits there is taken, and everything that is not acknowledged goes out anew by
 * the drops that remain, so that nothing hangs on who still reads the one that goes.
 */
import type { ParcelStore } from '../../drops/drop.ts';
import type { DropAddress } from '../../drops/registry.ts';
import { DropError, UsageError } from '../../errors.ts';
import { encodeDropWord } from '../../protocol/drop-word.ts';
import { decodeFileNotice } from '../../protocol/file-notice.ts';
import { frameKinds } from '../../protocol/frames.ts';
import type { Channel } from '../../store/channels.ts';
import type { Context } from '../context.ts';
import { appendControl } from '../control.ts';
import type { ChannelEvent } from '../events.ts';
import { type FileInfo, filesWait, findFile, waitingFiles } from '../files.ts';
import { drain } from '../listen.ts';
import { assertNoPairing } from '../pairing/under-way.ts';
import { leaveOut } from './change.ts';
import { changeDropRecord, readDropRecord, type TaggedDrop } from './record.ts';
import { addressesBut, type DropInfo, dropInfo, findDrop, usedDrops, withDrops } from './set.ts';

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
  readonly unread: DropError | undefined;
}

/**
 * Removes a drop from the channel and queues the word on it for the buddy; or declines an offer.
 * @throws UsageError `no-such-drop`, `only-drop`; SetupError `invite-open`, `join-open`, `files-wait`; DropError
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
  const unread = await empty(context, channel, drop.address, options);
  const sentFiles = waitingFiles(context, channel).filter(({ outgoing }) => outgoing);
  const lostFiles = await filesOnlyIn(context, channel, drop, options.signal);
  if (lostFiles.length > 0 && !options.force) throw filesWait(lostFiles, 'To remove it without them: --force');
  const again = await withDrops(context, channel.id, (current, drops) => {
    assertRemovable(context, current, drops, drop.tag);
    for (const { id } of lostFiles) context.home.files.setState(Buffer.from(id, 'hex'), 'left-behind');
    leaveOut(context, current, drops, drop.tag);
    appendControl(context, current, frameKinds.drop, encodeDropWord({ remove: drop.tag }));
    const { queued, sent } = context.home.outbox.counts(current.id);
    return queued + sent;
  });
  return { drop: await dropInfo(drop, 'used'), again, sentFiles, lostFiles, unread };
}

async function decline(context: Context, channel: Channel, drop: TaggedDrop): Promise<RemovedDrop> {
  const declined = await dropInfo(drop, 'offered');
  context.home.db.transaction(() => {
    const { offers } = readDropRecord(context, channel);
    changeDropRecord(context, channel, { offers: offers.filter(({ tag }) => tag !== drop.tag) });
  });
  return { drop: declined, again: 0, sentFiles: [], lostFiles: [], unread: undefined };
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

async function empty(
  context: Context,
  channel: Channel,
  address: DropAddress,
  { force, signal, onEvent }: RemoveDropOptions,
): Promise<DropError | undefined> {
  try {
    const drop = await context.openAlone(channel, address);
    try {
      for await (const event of drain(context, channel.id, drop, signal)) onEvent?.(event);
    } finally {
      await drop.close();
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof DropError)) throw error;
    if (force) return error;
    throw new DropError(`The drop can't be emptied, so nothing was changed. ${error.message}`, {
      code: 'old-drop-unread',
      hint: `${error.hint ?? ''} To remove it all the same: --force`.trim(),
      retryable: error.retryable,
      cause: error,
    });
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

/** Moving files: uploads and their notices, downloads, taking back. The parcel goes first, the frame that names it after. */
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { suiteNamed } from '../crypto/suites.ts';
import type { ParcelStore } from '../drops/drop.ts';
import { type BtrError, DropError, SetupError, UsageError } from '../errors.ts';
import { decodeFileNotice, encodeFileNotice, type FileNotice } from '../protocol/file-notice.ts';
import { frameKinds } from '../protocol/frames.ts';
import { parseParcelKey } from '../protocol/parcel-key.ts';
import type { Channel } from '../store/channels.ts';
import type { StoredFile } from '../store/files.ts';
import { addressesOf, type Context, isSamePlace, parcelsOf } from './context.ts';
import { channelsToFetchBy } from './drops/former.ts';
import { type FileInfo, findFile, infoOf } from './files.ts';
import {
  type Downloaded,
  type DownloadRequest,
  type DownloadTarget,
  download,
  openSource,
  type Skipped,
  upload,
} from './parcels/index.ts';
import { appendFrames } from './send.ts';
import { assertSameIdentity } from './session.ts';

/** How long a file stays in the drop unless --ttl says otherwise, in milliseconds. */
const defaultStay = 7 * 86_400_000;

export interface SendFileOptions {
  /** A path, or `-` for `stdin`. */
  readonly path: string;
  readonly stdin?: Readable;
  /** What the receiver is told that stdin is called. */
  readonly name?: string;
  /** Milliseconds in the drop; by default seven days, or what the drop allows. */
  readonly stay?: number | undefined;
  /** Ask the receiver's client to remove it from the drop once it is stored there. */
  readonly burn?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number | undefined) => void;
  /** Hears, once, what in a folder is not sent. */
  readonly onSkipped?: (skipped: readonly Skipped[]) => void;
}

/** Uploads a file and queues its notice; `deliver` sends it. Answers what was sent. */
export async function sendFile(context: Context, channel: Channel, options: SendFileOptions): Promise<FileInfo> {
  if (!suiteNamed(channel.suite).framed) throw noFiles(channel);
  assertSameIdentity(channel);
  const drop = await context.drop(channel);
  const parcels = parcelsOf(drop);
  const source = await openSource(options.path, options);
  try {
    if (source.skipped.length > 0) options.onSkipped?.(source.skipped);
    const stay = options.stay ?? Math.min(defaultStay, drop.limits.parcelStay);
    const what = `upload ${whatOf(options)} ${options.burn ?? false}`;
    const journal = context.home.transfers.journal(channel.id, what, context.now());
    const notice = await upload({
      parcels,
      limits: drop.limits,
      role: channel.role,
      source,
      expiresAt: context.now() + stay,
      burn: options.burn ?? false,
      journal,
      now: context.now,
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.onProgress ? { onProgress: options.onProgress } : {}),
    });
    context.home.db.transaction(() => {
      assertSameDrops(context, channel);
      record(context, channel, notice);
      journal.clearWithin();
    });
    return infoOf(channel, fileOf(context, notice.id));
  } finally {
    await source.close();
  }
}

/** What an upload is found again by. One of stdin can't be resumed, and is given up by the next of that name. */
function whatOf({ path, name }: SendFileOptions): string {
  if (path !== '-') return resolve(path);
  return name === undefined ? '-' : `- ${name}`;
}

/** A drop may have been removed meanwhile: if the file went there, nobody would look for it. */
function assertSameDrops({ home }: Context, channel: Channel): void {
  const now = addressesOf(home.channels.get(channel.id));
  if (addressesOf(channel).every((drop) => now.some((other) => isSamePlace(other, drop)))) return;
  throw new SetupError('The channel went over to another drop while the file was on its way.', {
    code: 'channel-moved',
    hint: 'Send it again: what was put into the old drop can not be used.',
  });
}

/** Within a transaction. */
function record(context: Context, channel: Channel, notice: FileNotice): void {
  const content = encodeFileNotice(notice);
  // The frame has the parcel's id, so that whoever follows the file finds its states under one name.
  appendFrames(context, channel, [{ kind: frameKinds.file, content, id: notice.id }]);
  const about = { id: notice.id, channel: channel.id, outgoing: true, expiresAt: notice.expiresAt };
  context.home.files.add({ ...about, at: context.now(), notice: content });
}

export interface GetFileOptions {
  readonly target: DownloadTarget;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number) => void;
  /** Hears why a file that its sender wants burned may go on lying in a drop; it is stored here all the same. */
  readonly onUnburned?: (error: DropError) => void;
}

/** Fetches a file that was received. Answers its path; undefined for a stream. */
export async function getFile(
  context: Context,
  file: StoredFile,
  options: GetFileOptions,
): Promise<string | undefined> {
  const channel = context.home.channels.get(file.channel);
  const notice = decodeFileNotice(file.notice);
  if (file.outgoing) {
    const hint = 'Only what the other side sent can be fetched.';
    throw new UsageError('This file was sent from here.', { code: 'own-file', hint });
  }
  if (file.state === 'recalled') {
    throw new DropError('The sender has taken this file back.', { code: 'no-such-parcel', retryable: false });
  }
  if (file.expiresAt <= context.now()) throw expired(file.expiresAt);
  const what = `download ${file.id.toString('hex')} ${targetName(options.target)}`;
  const journal = context.home.transfers.journal(channel.id, what, context.now());
  const { parcels, path } = await fetchBy(context, channelsToFetchBy(context, channel), {
    notice,
    target: options.target,
    journal,
    now: context.now,
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
  });
  context.home.db.transaction(() => {
    context.home.files.setState(file.id, 'fetched');
    journal.clearWithin();
  });
  // A notice that leads to a parcel of our own must not make us remove it.
  const isTheirs = parseParcelKey(notice.objectKey)?.role !== channel.role;
  if (notice.burn && isTheirs) await burn(parcels, notice, options);
  return path;
}

async function burn(parcels: ParcelStore, { objectKey }: FileNotice, { signal, onUnburned }: GetFileOptions) {
  try {
    await parcels.remove(objectKey, signal ? { signal } : {});
  } catch (error) {
    if (!(error instanceof DropError)) throw error;
    onUnburned?.(error);
  }
}

/** By the first of these channels whose drops have it, also where those of another can't be asked. */
async function fetchBy(
  context: Context,
  [channel, ...others]: readonly [Channel, ...Channel[]],
  request: Omit<DownloadRequest, 'parcels'>,
): Promise<Downloaded & { readonly parcels: ParcelStore }> {
  try {
    const parcels = parcelsOf(await context.drop(channel));
    return { ...(await download({ ...request, parcels })), parcels };
  } catch (error) {
    const [next, ...more] = others;
    if (!next || !(error instanceof DropError)) throw error;
    return fetchBy(context, [next, ...more], request).catch((later: unknown) => {
      // It may still lie where nobody could look.
      throw later instanceof DropError && error.code !== 'no-such-parcel' ? error : later;
    });
  }
}

function targetName(target: DownloadTarget): string {
  if ('stream' in target) return '-';
  return 'folder' in target ? `folder ${resolve(target.folder)}` : `path ${resolve(target.path)}`;
}

/** Removes a file of one's own from the drop, unless it is `left-behind` in another one, and tells the other side. */
export async function recallFile(context: Context, file: StoredFile, signal?: AbortSignal): Promise<FileInfo> {
  const channel = context.home.channels.get(file.channel);
  if (!file.outgoing) {
    const hint = 'Only what was sent from here can be taken back.';
    throw new UsageError('This file came from the other side.', { code: 'not-own-file', hint });
  }
  const isHere = file.state !== 'left-behind';
  const { objectKey } = decodeFileNotice(file.notice);
  if (isHere) await parcelsOf(await context.drop(channel)).remove(objectKey, signal ? { signal } : {});
  context.home.db.transaction(() => {
    if (isHere) context.home.files.setState(file.id, 'recalled');
    appendFrames(context, channel, [{ kind: frameKinds.recall, content: file.id }]);
  });
  return infoOf(channel, fileOf(context, file.id));
}

/** Removes what was sent from here and whose time in the drop is over: not every drop does that by itself. */
export async function removeExpired(context: Context, channel: Channel, signal?: AbortSignal): Promise<void> {
  for (const file of context.home.files.expired(channel.id, context.now())) {
    const { objectKey } = decodeFileNotice(file.notice);
    await parcelsOf(await context.drop(channel)).remove(objectKey, signal ? { signal } : {});
    context.home.files.setState(file.id, 'expired');
  }
}

function expired(time: number): DropError {
  return new DropError(`The time of this file was over at ${new Date(time).toISOString()}.`, {
    code: 'parcel-expired',
    hint: 'Ask for it again; the sender can give it longer with --ttl.',
    retryable: false,
  });
}

function fileOf(context: Context, id: Uint8Array): StoredFile {
  return findFile(context, Buffer.from(id).toString('hex'));
}

function noFiles(channel: Channel): BtrError {
  return new UsageError(`Suite ${channel.suite} of channel ${channel.name} carries no files.`, {
    code: 'no-parcels',
    hint: 'Add a channel with suite fernet for files.',
  });
}

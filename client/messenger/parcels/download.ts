/**
 * Fetches a parcel: several ranges in flight, each chunk opened and written to its place in a temporary file next to
 * the target, each part remembered, so that the next attempt goes on from there. Only when the hash over all tags is
 * what the notice says, and the file is on the disk, does it get its name.
 */
import { createSecretKey, randomBytes } from 'node:crypto';
import { type FileHandle, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ParcelStore } from '../../drops/drop.ts';
import { DropError, SecurityError } from '../../errors.ts';
import type { FileNotice } from '../../protocol/file-notice.ts';
import { extractFolder } from './extract.ts';
import type { Fetching } from './fetch-part.ts';
import {
  type DownloadHead,
  decodeDownloadHead,
  encodeDownloadHead,
  type TransferJournal,
  withLease,
} from './journal.ts';
import { onDisk } from './local-errors.ts';
import { type Receiving, receiveParts } from './receive-parts.ts';
import { retryDelays } from './retry.ts';
import { writeInOrder } from './stream-out.ts';
import { checkTarget, type DiskTarget, type DownloadTarget, folderOf, identityOf, placeAt } from './target.ts';
import { createTemporary, removeTemporary, reopenTemporary, unpackFolder } from './temporary.ts';

export interface DownloadRequest {
  readonly parcels: ParcelStore;
  readonly notice: FileNotice;
  readonly target: DownloadTarget;
  /** Not used for a stream, which can't be resumed. */
  readonly journal: TransferJournal;
  readonly signal?: AbortSignal;
  /** Bytes of plaintext that are here, and in all. Called once a part. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly now?: () => number;
  /** Pauses before further attempts of a part, in milliseconds. */
  readonly retryDelays?: readonly number[];
}

export interface Downloaded {
  /** Where it is now, absolute; undefined for a stream. */
  readonly path: string | undefined;
}

/**
 * Resolves once the file, or the folder with everything in it, has its final name; record that, and clear the journal
 * with it. A folder needs twice its size on the disk while it is unpacked.
 * @throws SecurityError `parcel-altered`, `parcel-truncated`, `unsafe-folder`: nothing of it is kept; DropError
 * `parcel-expired`, `no-such-parcel`; DiskFullError, other DropErrors and SetupErrors, after which a later call
 * goes on; UsageError `target-exists`; SetupError `transfer-busy`; the signal's reason.
 */
export async function download(request: DownloadRequest): Promise<Downloaded> {
  const { target, notice, journal } = request;
  const now = request.now ?? Date.now;
  const fetching: Fetching = {
    parcels: request.parcels,
    notice,
    key: createSecretKey(notice.key),
    delays: request.retryDelays ?? retryDelays,
  };
  try {
    if ('stream' in target) {
      await writeInOrder(fetching, target.stream, request.signal ?? new AbortController().signal, request.onProgress);
      return { path: undefined };
    }
    return await withLease(journal, request.signal, (signal) => toDisk(request, fetching, target, signal));
  } catch (error) {
    throw explain(error, notice, now());
  }
}

/** Removes what a journal remembers of an unfinished download, on the disk and in the journal. */
export async function abandonDownload(journal: TransferJournal): Promise<void> {
  const saved = journal.loadHead();
  if (saved !== undefined) await removeTemporary(decodeDownloadHead(saved).temporary);
  journal.clear();
}

async function toDisk(
  request: DownloadRequest,
  fetching: Fetching,
  target: DiskTarget,
  signal: AbortSignal,
): Promise<Downloaded> {
  const { journal, notice, onProgress } = request;
  const folder = folderOf(target);
  return onDisk(folder, async () => {
    const placed = await alreadyPlaced(journal, notice);
    if (placed !== undefined) return { path: placed };
    await checkTarget(target);
    if ('folder' in target) await mkdir(folder, { recursive: true });
    const { head, file } = await start(journal, notice, folder);
    try {
      await fill({ ...fetching, file, path: head.temporary, journal, signal, onProgress });
      const finished = await finish(notice, head.temporary, signal);
      const identity = (await identityOf(finished)) ?? '';
      const path = await placeAt(finished, target, notice.name, (candidate) =>
        journal.saveHead(encodeDownloadHead({ ...head, placing: { path: candidate, identity } })),
      );
      await removeTemporary(head.temporary);
      return { path };
    } catch (error) {
      // What can never become right is not left lying about.
      if (error instanceof SecurityError || isGone(error)) await abandonDownload(journal);
      throw error;
    }
  });
}

/** The final path, where an earlier attempt came as far as giving the name and died before anybody heard of it. */
async function alreadyPlaced(journal: TransferJournal, notice: FileNotice): Promise<string | undefined> {
  const head = headFor(journal, notice);
  if (head?.placing === undefined || (await identityOf(head.placing.path)) !== head.placing.identity) return undefined;
  await removeTemporary(head.temporary);
  return head.placing.path;
}

/** Goes on with the temporary file of an earlier attempt in the same folder, or begins a new one. */
async function start(
  journal: TransferJournal,
  notice: FileNotice,
  folder: string,
): Promise<{ readonly head: DownloadHead; readonly file: FileHandle }> {
  const earlier = headFor(journal, notice);
  if (earlier !== undefined && dirname(earlier.temporary) === folder) {
    const file = await reopenTemporary(earlier.temporary);
    if (file !== undefined) return { head: earlier, file };
  }
  await abandonDownload(journal);
  const temporary = join(folder, `.btr-${randomBytes(8).toString('hex')}.part`);
  const head: DownloadHead = { parcelId: notice.id, tagsHash: notice.tagsHash, temporary };
  journal.saveHead(encodeDownloadHead(head));
  return { head, file: await createTemporary(temporary) };
}

function headFor(journal: TransferJournal, notice: FileNotice): DownloadHead | undefined {
  const saved = journal.loadHead();
  if (saved === undefined) return undefined;
  const head = decodeDownloadHead(saved);
  const same = Buffer.compare(head.parcelId, notice.id) === 0 && Buffer.compare(head.tagsHash, notice.tagsHash) === 0;
  return same ? head : undefined;
}

async function fill(receiving: Receiving): Promise<void> {
  const { file, notice } = receiving;
  try {
    await receiveParts(receiving);
    await file.truncate(notice.size);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What gets the final name: the temporary file itself, or the folder unpacked from it. */
async function finish(notice: FileNotice, temporary: string, signal: AbortSignal): Promise<string> {
  if (notice.type !== 'directory') return temporary;
  await extractFolder(temporary, unpackFolder(temporary), signal);
  return unpackFolder(temporary);
}

function isGone(error: unknown): boolean {
  return error instanceof DropError && error.code === 'no-such-parcel';
}

function explain(error: unknown, notice: FileNotice, now: number): unknown {
  if (!isGone(error)) return error;
  if (now < notice.expiresAt) {
    return new DropError('The file is not in the drop: it was taken back or fetched and removed.', {
      code: 'no-such-parcel',
      hint: 'Ask the sender to send it again.',
      retryable: false,
      cause: error,
    });
  }
  return new DropError(
    `The file is no longer in the drop: its time ended ${new Date(notice.expiresAt).toISOString()}.`,
    {
      code: 'parcel-expired',
      hint: 'Ask the sender to send it again, with a longer --ttl if need be.',
      retryable: false,
      cause: error,
    },
  );
}

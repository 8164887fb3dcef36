/** The files that came and went: what is known of them without touching the drop. */
import { SetupError, UsageError } from '../errors.ts';
import { decodeFileNotice } from '../protocol/file-notice.ts';
import type { Channel } from '../store/channels.ts';
import type { FileState, StoredFile } from '../store/files.ts';
import type { Context } from './context.ts';

export interface FileInfo {
  /** Hexadecimal, 32 digits. */
  readonly id: string;
  readonly channel: string;
  readonly outgoing: boolean;
  readonly name: string;
  readonly size: number;
  readonly at: number;
  readonly expiresAt: number;
  readonly burn: boolean;
  readonly state: FileState;
}

/** Finds a file by the beginning of its id. @throws UsageError: none, or more than one. */
export function findFile(context: Context, prefix: string): StoredFile {
  const files = /^[0-9a-fA-F]{4,32}$/.test(prefix) ? context.home.files.find(prefix) : [];
  const [file] = files;
  if (file && files.length === 1) return file;
  const what = file ? `More than one file has an id that begins with ${prefix}.` : `There is no file ${prefix}.`;
  throw new UsageError(what, { code: 'no-such-file', hint: 'btr files shows the ids; four digits or more will do.' });
}

export function listFiles(context: Context, channel: Channel): FileInfo[] {
  return context.home.files.list(channel.id).map((file) => infoOf(channel, file));
}

/** Files that came or went and may still lie in a drop. */
export function waitingFiles(context: Context, channel: Channel): FileInfo[] {
  const now = context.now();
  return listFiles(context, channel).filter(({ state, expiresAt }) => state === 'waiting' && expiresAt > now);
}

/** @param files in a drop that the channel is to leave. @param force what to do to leave it without them. */
export function filesWait(files: readonly FileInfo[], force: string): SetupError {
  const ids = files.map(({ id }) => id.slice(0, 8));
  return new SetupError(`Files that you have not fetched would stay in the old drop: ${ids.join(', ')}.`, {
    code: 'files-wait',
    hint: `Fetch them first: btr get ${ids[0]}. ${force}`,
  });
}

export function infoOf(channel: Channel, file: StoredFile): FileInfo {
  const { name, size, burn } = decodeFileNotice(file.notice);
  const { id, outgoing, at, expiresAt, state } = file;
  return { id: id.toString('hex'), channel: channel.name, outgoing, name, size, at, expiresAt, burn, state };
}

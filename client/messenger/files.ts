/** The files that came and went: what is known of them without touching the drop. */
import { UsageError } from '../errors.ts';
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

export function infoOf(channel: Channel, file: StoredFile): FileInfo {
  const { name, size, burn } = decodeFileNotice(file.notice);
  const { id, outgoing, at, expiresAt, state } = file;
  return { id: id.toString('hex'), channel: channel.name, outgoing, name, size, at, expiresAt, burn, state };
}

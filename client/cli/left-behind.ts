/** What people are told of a drop that is used no more. */
import type { BtrError } from '../errors.ts';
import type { FileInfo } from '../messenger/index.ts';
import { visible } from '../ui/visible.ts';
import type { Output } from './output.ts';

interface LeftBehind {
  readonly lostFiles: readonly FileInfo[];
  readonly unread?: BtrError | undefined;
}

/** @param rest what becomes of messages that waited there. */
export function tellLeftBehind(output: Output, channel: string, { lostFiles, unread }: LeftBehind, rest: string): void {
  if (unread) {
    output.warn(
      'old-drop-unread',
      `The old drop was not emptied: ${unread.message} What waited there for you ${rest}.`,
    );
  }
  if (lostFiles.length > 0) {
    const text = `These files can't be fetched any more: ${fileList(lostFiles)}. Ask ${channel} for them again.`;
    output.warn('files-lost', text);
  }
}

/** Ids and names, for a sentence. */
export function fileList(files: readonly FileInfo[]): string {
  return files.map(({ id, name }) => `${id.slice(0, 8)} (${visible(name)})`).join(', ');
}

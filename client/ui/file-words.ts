/** What people are told of the files that came and went. */
import type { FileInfo } from '../messenger/index.ts';
import { day, size } from './format.ts';
import { visible } from './visible.ts';

/** One line a file. */
export function fileRows(files: readonly FileInfo[]): string[] {
  return files.map(({ id, outgoing, name, size: bytes, expiresAt, state, burn }) => {
    const until = state === 'waiting' ? `until ${day(expiresAt)}` : state;
    const marks = `${outgoing ? 'sent' : 'received'}, ${until}${burn ? ', burns' : ''}`;
    return `${id.slice(0, 8)}  ${size(bytes).padStart(9)}  ${visible(name)}  (${marks})`;
  });
}

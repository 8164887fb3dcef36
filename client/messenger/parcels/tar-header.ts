/**
 * Headers of a tar archive (POSIX.1-2001, "pax interchange format"), as few and as plain as unpacking needs: no owner,
 * no device, one of two modes. The same entry always gives the same bytes, so a folder that did not change gives the
 * same archive again.
 */

const TAR_BLOCK = 512;
/** Two blocks of zeros end an archive. */
export const TAR_END_BYTES = 2 * TAR_BLOCK;

type TarKind = 'file' | 'directory' | 'symlink';

export interface TarEntry {
  /** Relative, with `/`, without one at the end. */
  readonly path: string;
  readonly kind: TarKind;
  /** Bytes of content; 0 unless a file. */
  readonly size: number;
  /** Milliseconds since 1970; kept to the second. */
  readonly modifiedAt: number;
  /** Files only; folders always are. */
  readonly executable: boolean;
  /** Symbolic links only. */
  readonly linkTarget?: string;
}

const typeFlags: Readonly<Record<TarKind, string>> = { file: '0', symlink: '2', directory: '5' };
/** The largest size that fits eleven octal digits. */
const MAX_OCTAL_SIZE = 0o77777777777;

/** All that stands before the content of an entry: a multiple of 512 bytes. */
export function tarHeader(entry: TarEntry): Buffer {
  const path = entry.kind === 'directory' ? `${entry.path}/` : entry.path;
  const link = entry.linkTarget ?? '';
  const records: string[] = [];
  if (!fitsField(path)) records.push(paxRecord('path', path));
  if (!fitsField(link)) records.push(paxRecord('linkpath', link));
  if (entry.size > MAX_OCTAL_SIZE) records.push(paxRecord('size', String(entry.size)));
  const header = block(entry, path, link, typeFlags[entry.kind], entry.size);
  if (records.length === 0) return header;
  const extended = Buffer.from(records.join(''), 'utf8');
  const extendedHeader = block(entry, 'PaxHeader', '', 'x', extended.length);
  return Buffer.concat([extendedHeader, extended, Buffer.alloc(tarPadding(extended.length)), header]);
}

/** Bytes of zeros behind a content of this many bytes. */
export function tarPadding(size: number): number {
  return (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;
}

function fitsField(text: string): boolean {
  return text.length <= 100 && /^[\x20-\x7e]*$/.test(text);
}

function block(entry: TarEntry, path: string, link: string, flag: string, size: number): Buffer {
  const bytes = Buffer.alloc(TAR_BLOCK);
  const seconds = Math.min(Math.max(0, Math.floor(entry.modifiedAt / 1000)), MAX_OCTAL_SIZE);
  const mode = entry.kind === 'directory' || entry.executable ? 0o755 : 0o644;
  bytes.write(path.slice(0, 100), 0, 100, 'latin1');
  bytes.write(octal(mode, 7), 100);
  bytes.write(octal(0, 7), 108);
  bytes.write(octal(0, 7), 116);
  bytes.write(octal(size > MAX_OCTAL_SIZE ? 0 : size, 11), 124);
  bytes.write(octal(seconds, 11), 136);
  bytes.write('        ', 148);
  bytes.write(flag, 156);
  bytes.write(link.slice(0, 100), 157, 100, 'latin1');
  bytes.write('ustar\x0000', 257, 'latin1');
  const checksum = bytes.reduce((sum, byte) => sum + byte, 0);
  bytes.write(`${octal(checksum, 6)}\0 `, 148, 8, 'latin1');
  return bytes;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

/** `length key=value\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

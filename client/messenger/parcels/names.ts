/**
 * A name for a file on this machine, made from whatever the sender called it. The result is always one component that
 * stays in the folder it is put in, on Linux, macOS and Windows, is not hidden, is no option to a command, and shows
 * in a terminal as what it is.
 */

/** What common file systems allow for one component, in bytes of UTF-8. */
const MAX_BYTES = 255;
const MAX_EXTENSION_BYTES = 32;
const FALLBACK = 'file';

/**
 * Control, line-separating and invisible formatting characters (bidirectional overrides make `gpj.exe` look like a
 * picture), and what Windows refuses. Zero-width joiners and tag characters stay: emoji are made with them.
 */
const unwanted = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}<>:"|?*]|(?!\u200c|\u200d|[\u{e0020}-\u{e007f}])\p{Cf}/gu;

/** Names of devices on Windows, whatever extension follows. */
const reserved = /^(con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\.|$)/i;

const extensionPattern = /(\.tar)?\.[^. ]+$/i;

/** One safe file name, 1 to 255 bytes of UTF-8; of a path only its last component is kept. */
export function safeFileName(name: string): string {
  const last = name.split(/[/\\]/).findLast((part) => part !== '' && part !== '.' && part !== '..') ?? '';
  const printable = trim(last.toWellFormed().replace(unwanted, '_'));
  if (printable === '') return FALLBACK;
  const harmless = /^[.~-]/.test(printable) || reserved.test(printable) ? `_${printable}` : printable;
  return fit(harmless, '');
}

/** `photo (2).jpg` for `photo.jpg`: where a name is taken. Also at most 255 bytes. */
export function numberedName(name: string, number: number): string {
  return fit(name, ` (${number})`);
}

/** No file system of Windows keeps dots or spaces at the end; spaces at the front hide what a name is. */
function trim(name: string): string {
  return name.trim().replace(/[\s.]+$/u, '');
}

/** The name with `mark` before its extension, its stem cut so that all of it fits. */
function fit(name: string, mark: string): string {
  const found = extensionPattern.exec(name);
  const keeps = found !== null && found.index > 0 && Buffer.byteLength(found[0]) <= MAX_EXTENSION_BYTES;
  const extension = keeps ? found[0] : '';
  const stem = keeps ? name.slice(0, found.index) : name;
  const room = MAX_BYTES - Buffer.byteLength(extension) - Buffer.byteLength(mark);
  if (Buffer.byteLength(stem) <= room) return stem + mark + extension;
  return trim(cutToBytes(stem, room)) + mark + extension;
}

/** As much of a text as fits in so many bytes of UTF-8, cut between code points. */
function cutToBytes(text: string, bytes: number): string {
  let used = 0;
  let kept = '';
  for (const point of text) {
    used += Buffer.byteLength(point);
    if (used > bytes) break;
    kept += point;
  }
  return kept;
}

/** Looking for secrets in every byte of folders and texts, in all the ways in which one might have been written. */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Shorter runs of bytes come about by chance. */
const least = 6;

export interface Needle {
  readonly name: string;
  readonly bytes: Buffer;
}

interface Form {
  readonly what: string;
  readonly bytes: Buffer;
}

export function needle(name: string, content: string | Uint8Array): Needle {
  const bytes = Buffer.from(content);
  if (bytes.length < least) throw new RangeError(`${name} is too short to be looked for`);
  return { name, bytes };
}

/** Raw, hexadecimal, base64 and base64url at each of its three alignments, UTF-16 both ways; forms of forms are not. */
function formsOf({ name, bytes }: Needle): Form[] {
  const forms = [
    { what: `${name}, raw`, bytes },
    { what: `${name}, hexadecimal`, bytes: Buffer.from(bytes.toString('hex')) },
    { what: `${name}, HEXADECIMAL`, bytes: Buffer.from(bytes.toString('hex').toUpperCase()) },
  ];
  for (const encoding of ['base64', 'base64url'] as const) {
    for (let shift = 0; shift < 3; shift++) {
      const padded = Buffer.concat([Buffer.alloc(shift), bytes]);
      const text = padded.toString(encoding).replaceAll('=', '');
      // The first and last characters also hold bits of what stands beside it.
      const whole = text.slice(shift === 0 ? 0 : shift + 1, Math.floor((padded.length * 8) / 6));
      forms.push({ what: `${name}, ${encoding}`, bytes: Buffer.from(whole) });
    }
  }
  const wide = Buffer.from(bytes.toString('latin1'), 'utf16le');
  forms.push(
    { what: `${name}, UTF-16LE`, bytes: wide },
    { what: `${name}, UTF-16BE`, bytes: Buffer.from(wide).swap16() },
  );
  return forms;
}

/** What of all needles stands in these bytes. */
export function foundIn(bytes: Uint8Array, needles: readonly Needle[]): string[] {
  const hay = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return needles
    .flatMap(formsOf)
    .filter((form) => hay.includes(form.bytes))
    .map(({ what }) => what);
}

/** What stands in the files of a folder, in their paths from there on, and in what sockets and links are called. */
export async function foundWithin(folder: string, needles: readonly Needle[]): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const place = relative(folder, path);
    const bytes = entry.isFile() ? await readFile(path) : Buffer.alloc(0);
    const all = [...foundIn(bytes, needles), ...foundIn(Buffer.from(place), needles)];
    found.push(...all.map((what) => `${what} in ${place}`));
  }
  return found;
}

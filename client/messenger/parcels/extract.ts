/**
 * Unpacks a folder's tar archive into a new folder. The archive is the sender's work and may hold anything: whatever
 * is not a plain file, a folder or a link that stays inside is refused, and then nothing of it is kept.
 *
 * Links are made last, when every file and folder is there, and a file is only made where nothing is: so nothing is
 * ever written through a link, on file systems that don't tell `A` from `a` neither.
 */
import { createReadStream } from 'node:fs';
import { mkdir, open, rm, symlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ExtractEvents, extract, type Header } from 'tar-stream';
import { BtrError, errorCode, errorText, SecurityError } from '../../errors.ts';
import { staysInside } from './links.ts';
import { writeFully } from './temporary.ts';

type Entry = ExtractEvents['entry'][1];

interface Link {
  readonly path: string;
  readonly target: string;
}

/** Setuid, setgid and sticky. */
const SPECIAL_MODE_BITS = 0o7000;

/**
 * @param folder is made; what an earlier attempt left there is removed first.
 * @throws SecurityError with code `unsafe-folder`; system errors as they are.
 */
export async function extractFolder(archive: string, folder: string, signal: AbortSignal): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 });
  const links: Link[] = [];
  const unpacking = extract();
  const reading = createReadStream(archive, { highWaterMark: 1 << 20 });
  const trouble: { read?: Error } = {};
  reading.on('error', (error) => {
    trouble.read = error;
    unpacking.destroy(error);
  });
  reading.pipe(unpacking);
  try {
    for await (const entry of unpacking) {
      signal.throwIfAborted();
      const link = await unpackEntry(entry, folder);
      if (link !== undefined) links.push(link);
    }
    for (const link of links) await symlink(link.target, join(folder, link.path));
  } catch (error) {
    signal.throwIfAborted();
    throw trouble.read ?? explain(error);
  } finally {
    reading.destroy();
    unpacking.destroy();
  }
}

async function unpackEntry(entry: Entry, folder: string): Promise<Link | undefined> {
  const { header } = entry;
  const path = safePath(header.name);
  if ((header.mode & SPECIAL_MODE_BITS) !== 0) throw unsafe(path, 'has special permissions');
  const full = join(folder, path);
  await mkdir(header.type === 'directory' ? full : dirname(full), { recursive: true, mode: 0o700 });
  if (header.type === 'file') {
    await unpackFile(entry, full);
    return undefined;
  }
  // Whatever content an entry of another kind brings is passed over.
  entry.resume();
  if (header.type === 'directory') return undefined;
  if (header.type !== 'symlink') throw unsafe(path, 'is neither a file nor a folder');
  const target = header.linkname;
  if (!staysInside(path, target)) throw unsafe(path, 'is a link that leads out of the folder');
  return { path, target };
}

/** Files are this user's alone, executable where they were. */
async function unpackFile(entry: Entry, path: string): Promise<void> {
  const file = await open(path, 'wx', isExecutable(entry.header) ? 0o700 : 0o600);
  try {
    let position = 0;
    for await (const piece of entry) {
      if (!(piece instanceof Uint8Array)) throw new TypeError('a stream of bytes gave something else');
      await writeFully(file, position, [piece]);
      position += piece.length;
    }
    await file.datasync();
  } finally {
    await file.close();
  }
  const modified = entry.header.mtime;
  if (!Number.isNaN(modified.getTime())) await utimes(path, modified, modified);
}

function isExecutable(header: Header): boolean {
  return (header.mode & 0o100) !== 0;
}

/** The path of an entry, relative and of plain components only. */
function safePath(name: string): string {
  const path = name.replace(/\/+$/, '');
  for (const part of path.split('/')) {
    if (part === '' || part === '.' || part === '..' || part.includes('\0')) throw unsafe(name, 'leads elsewhere');
    if (process.platform === 'win32' && /[\\:]/.test(part)) throw unsafe(name, 'has a name that Windows misreads');
  }
  return path;
}

function explain(error: unknown): unknown {
  if (error instanceof BtrError) return error;
  const code = errorCode(error);
  if (code === 'EEXIST' || code === 'ENOTDIR') {
    return new SecurityError('Two entries of the folder have the same name here.', {
      code: 'unsafe-folder',
      hint: 'Nothing of it was kept. Ask the sender for an archive of the folder, sent as a file.',
      cause: error,
    });
  }
  if (error instanceof Error && 'syscall' in error) return error;
  // What is left are the tar reader's complaints about the archive itself.
  return new SecurityError(`The folder was not unpacked: its archive is damaged (${errorText(error)}).`, {
    code: 'unsafe-folder',
    hint: 'Nothing of it was kept. Ask the sender to send the folder again.',
    cause: error,
  });
}

function unsafe(name: string, what: string): SecurityError {
  return new SecurityError(`The folder was not unpacked: ${JSON.stringify(name)} ${what}.`, {
    code: 'unsafe-folder',
    hint: 'Nothing of it was kept. No honest btr packs a folder like that: ask the sender about it.',
  });
}

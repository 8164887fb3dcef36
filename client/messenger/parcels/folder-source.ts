/**
 * A folder as a tar archive that is never written anywhere: a list of entries, from which any piece of the archive
 * can be read at any time, with the same bytes as long as nothing in the folder changes. So its size is known before
 * anything is sent, and an upload can be resumed as that of a file.
 *
 * Entries are sorted by name, parents first. Symbolic links are sent as links if they stay inside (see links.ts); other
 * links, devices, sockets and pipes are skipped and reported. Hard links are sent as files of their own. Owners are not
 * sent, and of the mode only whether the owner may execute a file.
 */
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../errors.ts';
import { staysInside } from './links.ts';
import type { ReadResult, Skipped, Source } from './source.ts';
import { readFully, sameFile, sourceChanged, window } from './source-reading.ts';
import { TAR_END_BYTES, type TarEntry, tarHeader, tarPadding } from './tar-header.ts';

interface Planned {
  readonly entry: TarEntry;
  readonly found: BigIntStats;
  /** Where its header begins in the archive, and where its content does. */
  readonly start: number;
  readonly content: number;
}

interface Plan {
  readonly entries: readonly Planned[];
  readonly skipped: readonly Skipped[];
  readonly size: number;
}

export async function openFolder(root: string, name: string): Promise<Source> {
  return new FolderSource(root, name, await planFolder(root));
}

class FolderSource implements Source {
  readonly type = 'directory';
  readonly resumable = true;
  readonly name: string;
  readonly size: number;
  readonly skipped: readonly Skipped[];
  readonly #root: string;
  readonly #plan: Plan;
  #open: { readonly planned: Planned; readonly file: FileHandle } | undefined;

  constructor(root: string, name: string, plan: Plan) {
    this.name = name;
    this.size = plan.size;
    this.skipped = plan.skipped;
    this.#root = root;
    this.#plan = plan;
  }

  async read(position: number, pieces: readonly Uint8Array[]): Promise<ReadResult> {
    const room = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const wanted = Math.min(this.size - position, room);
    let done = 0;
    for (let at = this.#entryAt(position); done < wanted; at++) {
      done += await this.#readEntry(at, position + done, pieces, done, wanted - done);
    }
    return { bytes: done, end: position + done === this.size };
  }

  async verify(): Promise<void> {
    const again = await planFolder(this.#root);
    const same =
      again.entries.length === this.#plan.entries.length &&
      again.entries.every((planned, index) => samePlanned(planned, this.#plan.entries[index]));
    if (!same) throw sourceChanged(this.#root);
  }

  async close(): Promise<void> {
    const opened = this.#open;
    this.#open = undefined;
    await opened?.file.close();
  }

  /** The index of the entry that byte `position` of the archive belongs to; one past the last for the end marker. */
  #entryAt(position: number): number {
    let low = 0;
    let high = this.#plan.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#startOf(middle + 1) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #startOf(index: number): number {
    return this.#plan.entries[index]?.start ?? this.size - TAR_END_BYTES;
  }

  /** Copies what `wanted` bytes from `position` have in common with one entry; returns how many that were. */
  async #readEntry(index: number, position: number, pieces: readonly Uint8Array[], done: number, wanted: number) {
    const planned = this.#plan.entries[index];
    const end = planned === undefined ? this.size : this.#startOf(index + 1);
    const length = Math.min(end - position, wanted);
    if (planned === undefined) {
      for (const view of window(pieces, done, length)) view.fill(0);
      return length;
    }
    const { entry, start, content } = planned;
    let at = position;
    const put = (count: number): Uint8Array[] => window(pieces, done + at - position, count);
    const stop = position + length;
    if (at < content) {
      let header = tarHeader(entry).subarray(at - start, Math.min(stop, content) - start);
      for (const view of put(header.length)) {
        view.set(header.subarray(0, view.length));
        header = header.subarray(view.length);
      }
      at = Math.min(stop, content);
    }
    const body = Math.min(stop, content + entry.size) - at;
    if (body > 0) {
      await this.#readContent(planned, at - content, put(body), body);
      at += body;
    }
    for (const view of put(stop - at)) view.fill(0);
    return length;
  }

  async #readContent(planned: Planned, offset: number, pieces: readonly Uint8Array[], wanted: number): Promise<void> {
    const file = await this.#fileOf(planned);
    const bytes = await readFully(file, offset, pieces, wanted);
    if (bytes < wanted) throw sourceChanged(join(this.#root, planned.entry.path));
  }

  async #fileOf(planned: Planned): Promise<FileHandle> {
    if (this.#open?.planned === planned) return this.#open.file;
    await this.close();
    const path = join(this.#root, planned.entry.path);
    const file = await openAsPlanned(path);
    this.#open = { planned, file };
    if (!sameFile(planned.found, await file.stat({ bigint: true }))) throw sourceChanged(path);
    return file;
  }
}

/** Opens without following a link that took the file's place, and without waiting for a pipe that did. */
async function openAsPlanned(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENOTDIR' || code === 'ENXIO') throw sourceChanged(path);
    throw error;
  }
}

function samePlanned(one: Planned, two: Planned | undefined): boolean {
  if (two === undefined) return false;
  const { entry, found } = one;
  if (entry.path !== two.entry.path || entry.kind !== two.entry.kind) return false;
  if (entry.linkTarget !== two.entry.linkTarget || entry.executable !== two.entry.executable) return false;
  return entry.kind === 'file' ? sameFile(found, two.found) : entry.modifiedAt === two.entry.modifiedAt;
}

async function planFolder(root: string): Promise<Plan> {
  const entries: Planned[] = [];
  const skipped: Skipped[] = [];
  let start = 0;
  for await (const found of walk(root, '')) {
    if ('reason' in found) {
      skipped.push(found);
      continue;
    }
    const content = start + tarHeader(found.entry).length;
    entries.push({ ...found, start, content });
    start = content + found.entry.size + tarPadding(found.entry.size);
  }
  return { entries, skipped, size: start + TAR_END_BYTES };
}

type Walked = { readonly entry: TarEntry; readonly found: BigIntStats } | Skipped;

async function* walk(root: string, folder: string): AsyncGenerator<Walked> {
  const names = await readdir(join(root, folder));
  for (const name of names.sort()) {
    const path = folder === '' ? name : `${folder}/${name}`;
    const walked = await look(root, path, name);
    yield walked;
    if ('entry' in walked && walked.entry.kind === 'directory') yield* walk(root, path);
  }
}

async function look(root: string, path: string, name: string): Promise<Walked> {
  // Node shows bytes that are not UTF-8 as this character, and can't find the file by the name it shows.
  if (name.includes('\ufffd')) return { path, reason: 'its name is not UTF-8' };
  const full = join(root, path);
  const found = await lstat(full, { bigint: true });
  const common = { path, size: 0, modifiedAt: Number(found.mtimeMs), executable: false } as const;
  if (found.isDirectory()) return { found, entry: { ...common, kind: 'directory' } };
  if (found.isFile()) {
    const executable = (found.mode & 0o100n) !== 0n;
    return { found, entry: { ...common, kind: 'file', size: Number(found.size), executable } };
  }
  if (!found.isSymbolicLink()) return { path, reason: 'it is a device, a socket or a named pipe' };
  const linkTarget = await readlink(full);
  if (!staysInside(path, linkTarget)) return { path, reason: 'it is a link that leads out of the folder' };
  return { found, entry: { ...common, kind: 'symlink', linkTarget } };
}

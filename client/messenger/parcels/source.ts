/**
 * What is sent: a regular file, a folder (as a tar stream, see folder-source.ts) or what somebody pipes in. Files and
 * folders can be read again at any place, so that their uploads can be resumed; a pipe can't.
 */
import type { BigIntStats } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { errorCode, errorText, UsageError } from '../../errors.ts';
import type { FileType } from '../../protocol/file-notice.ts';
import { openFolder } from './folder-source.ts';
import { readFully, sameFile, sourceChanged } from './source-reading.ts';
import { StreamSource } from './stream-source.ts';

export interface ReadResult {
  readonly bytes: number;
  /** Whether nothing follows these bytes. */
  readonly end: boolean;
}

/** Something inside a folder that is not sent. */
export interface Skipped {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly reason: string;
}

export interface Source {
  readonly type: FileType;
  /** What the receiver is told it is called. */
  readonly name: string;
  /** Bytes, where that is known beforehand. */
  readonly size: number | undefined;
  /** Whether it can be read again, which resuming needs. */
  readonly resumable: boolean;
  readonly skipped: readonly Skipped[];
  /**
   * Fills the pieces in order from `position`; fewer bytes only at the end. A source that is not resumable is read
   * from front to back, without gaps.
   * @throws UsageError with code `source-changed` where it is no longer what it was when it was opened.
   */
  read(position: number, pieces: readonly Uint8Array[], signal: AbortSignal): Promise<ReadResult>;
  /** Looks once more whether it is still what it was when it was opened; the same error. */
  verify(): Promise<void>;
  close(): Promise<void>;
}

export interface SourceOptions {
  /** What `-` reads. */
  readonly stdin?: Readable;
  /** What the receiver is told, in place of the path's last component. */
  readonly name?: string;
}

/**
 * Opens what a path on the command line names; symbolic links given there are followed. `-` is `stdin`.
 * @throws UsageError where it is not there, can't be read, or is a device, a socket or a named pipe.
 */
export async function openSource(path: string, options: SourceOptions = {}): Promise<Source> {
  if (path === '-' && options.stdin !== undefined) {
    return new StreamSource(options.stdin, sendable(options.name ?? 'stdin'));
  }
  try {
    const found = await stat(path, { bigint: true });
    const name = sendable(options.name ?? (await nameOf(path)));
    if (found.isDirectory()) return await openFolder(await realpath(path), name);
    if (found.isFile()) return await FileSource.open(path, name);
  } catch (error) {
    throw explain(path, error);
  }
  throw new UsageError(`${path} is a device, a socket or a named pipe, and can't be sent as a file.`, {
    code: 'not-a-file',
    hint: 'To send what a program writes, pipe it in and give - as the file.',
  });
}

class FileSource implements Source {
  readonly type = 'file';
  readonly resumable = true;
  readonly skipped = [];
  readonly name: string;
  readonly size: number;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #opened: BigIntStats;

  private constructor(path: string, name: string, file: FileHandle, opened: BigIntStats) {
    this.name = name;
    this.size = Number(opened.size);
    this.#path = path;
    this.#file = file;
    this.#opened = opened;
  }

  static async open(path: string, name: string): Promise<FileSource> {
    const file = await open(path, 'r');
    try {
      return new FileSource(path, name, file, await file.stat({ bigint: true }));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async read(position: number, pieces: readonly Uint8Array[]): Promise<ReadResult> {
    const wanted = Math.min(
      this.size - position,
      pieces.reduce((sum, piece) => sum + piece.length, 0),
    );
    const bytes = await readFully(this.#file, position, pieces, wanted);
    if (bytes < wanted) throw sourceChanged(this.#path);
    return { bytes, end: position + bytes === this.size };
  }

  async verify(): Promise<void> {
    if (!sameFile(this.#opened, await this.#file.stat({ bigint: true }))) throw sourceChanged(this.#path);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function nameOf(path: string): Promise<string> {
  const last = basename(path);
  const name = last === '' || last === '.' || last === '..' ? basename(await realpath(path)) : last;
  return name;
}

/** A notice takes names of up to 1024 bytes; no common file system has longer ones. */
function sendable(name: string): string {
  return name === '' ? 'files' : name.slice(0, 340).toWellFormed();
}

function explain(path: string, error: unknown): unknown {
  switch (errorCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new UsageError(`There is no file or folder ${path}.`, {
        code: 'no-such-file',
        hint: 'Look at the spelling and at the folder you are in.',
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
      return new UsageError(`${path} can't be read: permission is denied.`, {
        code: 'unreadable-file',
        hint: 'Change its permissions, or send a copy of it.',
        cause: error,
      });
    case 'ELOOP':
    case 'ENAMETOOLONG':
    case 'ENXIO':
      return new UsageError(`${path} can't be opened: ${errorText(error)}.`, {
        code: 'unreadable-file',
        hint: 'Give the path of a regular file or a folder.',
        cause: error,
      });
    default:
      return error;
  }
}

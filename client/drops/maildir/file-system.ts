/**
 * What the layout asks of a place with directories and an atomic rename: a folder on this machine, or on another one.
 * Shapes and error codes (`ENOENT`, `EEXIST`, ...) are those of node:fs/promises, so that its handles fit as they are.
 * Every path is relative to the drop's folder, with slashes; '' is that folder itself.
 */
import type { Finding } from '../drop.ts';

export interface FileSystem {
  /** The drop's folder as a person knows it, for messages. */
  readonly name: string;
  /** Opens a file that is there. A symbolic link in its place is refused (ELOOP), anything else may be. */
  open(path: string, access: 'read' | 'write'): Promise<OpenFile>;
  /** Makes and opens a file that must not be there yet (EEXIST). */
  create(path: string, mode: number): Promise<OpenFile>;
  stat(path: string): Promise<FileStats>;
  /** As `stat`, but of a symbolic link itself. */
  lstat(path: string): Promise<FileStats>;
  chmod(path: string, mode: number): Promise<void>;
  mkdir(path: string, mode: number): Promise<void>;
  rmdir(path: string): Promise<void>;
  readdir(path: string): Promise<string[]>;
  /** Atomic: of several who rename one file, one succeeds. It need not replace a file that is there. */
  rename(from: string, to: string): Promise<void>;
  /** A hard link; ENOTSUP or EPERM where there are none. */
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes the names in a folder survive a power cut, where the place has a call for that. */
  syncDirectory(path: string): Promise<void>;
  /** Bytes that may still be written; undefined where the place does not tell. */
  freeBytes(): Promise<number | undefined>;
  watch(path: string): Watch;
  /** What else the place says of itself, for `btr doctor`. */
  findings(): Promise<readonly Finding[]>;
  close(): Promise<void>;
}

/** Waits for a folder to change. */
export interface Watch {
  /** From now on a change counts; call before looking, so that nothing falls in between. */
  arm(): void;
  /** Resolves at a change since `arm`, or when it is time to look anyway. Rejects with the signal's reason. */
  changed(signal: AbortSignal): Promise<void>;
  close(): void;
}

export interface OpenFile {
  stat(): Promise<FileStats>;
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  readFile(): Promise<Buffer>;
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
  writev(pieces: Uint8Array[], position: number): Promise<{ readonly bytesWritten: number }>;
  writeFile(bytes: Uint8Array): Promise<void>;
  /** What was written survives a power cut, where the place has a call for that. */
  sync(): Promise<void>;
  /** As `sync`, without the file's times. */
  datasync(): Promise<void>;
  utimes(accessed: Date, modified: Date): Promise<void>;
  chmod(mode: number): Promise<void>;
  close(): Promise<void>;
}

export interface FileStats {
  readonly mode: number;
  readonly size: number;
  /** Milliseconds since 1970 by the place's own clock; whole seconds in some places. */
  readonly mtimeMs: number;
  /** As `mtimeMs`, but nothing that copies files can set it; the same as `mtimeMs` where a place has no such time. */
  readonly ctimeMs: number;
  isFile(): boolean;
  isDirectory(): boolean;
}

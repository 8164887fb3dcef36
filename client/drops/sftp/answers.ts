/** A server's answers in the terms of a file system. */
import type { Stats } from 'ssh2';
import { DropError } from '../../errors.ts';
import type { FileStats } from '../maildir/file-system.ts';

/** What a server says where it knows no better: anything from a full disk to a name that is taken. */
export const FAILURE = 'EFAILURE';

/** draft-ietf-secsh-filexfer-02, section 7; what is not here is a failure. */
const statusCodes = new Map<unknown, string>([
  [2, 'ENOENT'],
  [3, 'EACCES'],
  [5, 'EINVAL'],
  [8, 'ENOTSUP'],
]);

/** An error as file systems have it, of ssh2's: the server's answer, or a call that the server has not. */
export function fileError(error: unknown, path: string): unknown {
  if (error instanceof DropError || !(error instanceof Error)) return error;
  if (error.message === 'Server does not support this extended request') return withCode('ENOTSUP', path, error);
  const status: unknown = 'code' in error ? error.code : undefined;
  if (typeof status !== 'number') return error;
  return withCode(statusCodes.get(status) ?? FAILURE, path, error);
}

export function withCode(code: string, path: string, cause?: unknown): Error {
  return Object.assign(new Error(`${code}: ${path}`, { cause }), { code });
}

/** Times are whole seconds in this version of the protocol. */
export function fileStats(stats: Stats): FileStats {
  return {
    mode: stats.mode,
    size: stats.size,
    mtimeMs: stats.mtime * 1000,
    ctimeMs: stats.mtime * 1000,
    isFile: () => stats.isFile(),
    isDirectory: () => stats.isDirectory(),
  };
}

export interface Space {
  readonly freeBytes: number;
  readonly isReadOnly: boolean;
}

/** Reads the answer to statvfs@openssh.com (OpenSSH's PROTOCOL, section 4.4). */
export function spaceOf(answer: object): Space | undefined {
  const { f_bavail: blocks, f_frsize: size, f_flag: flags } = Object.fromEntries(Object.entries(answer));
  if (typeof blocks !== 'number' || typeof size !== 'number' || typeof flags !== 'number') return undefined;
  return { freeBytes: blocks * size, isReadOnly: (flags & 1) === 1 };
}

/** A folder on a machine with sshd, as the layout needs it: the SFTP subsystem, and whatever of its extensions is there. */
import type { SFTPWrapper, Stats } from 'ssh2';
import { errorCode } from '../../errors.ts';
import type { Finding } from '../drop.ts';
import { isFileError } from '../maildir/errors.ts';
import type { FileStats, FileSystem, OpenFile, Watch } from '../maildir/file-system.ts';
import { remotePath } from './address.ts';
import { FAILURE, fileError, fileStats, type Space, spaceOf, withCode } from './answers.ts';
import type { Connection } from './connection.ts';
import { PollWatch } from './poll-watch.ts';
import { type OpenedHandle, RemoteFile } from './remote-file.ts';
import type { Answer } from './session.ts';

export class RemoteFiles implements FileSystem {
  readonly name: string;
  readonly #connection: Connection;
  readonly #root: string;
  readonly #poll: number;

  /** @param poll milliseconds between two looks for new letters. */
  constructor(connection: Connection, poll: number) {
    this.name = connection.name;
    this.#connection = connection;
    this.#root = remotePath(connection.address);
    this.#poll = poll;
  }

  /** No call of the protocol refuses links, and opening a pipe would stop the server: so this looks first. */
  async open(path: string, access: 'read' | 'write'): Promise<OpenFile> {
    const open = async () => {
      if (!(await this.lstat(path)).isFile()) throw withCode('ELOOP', path);
      return this.#open(path, access === 'read' ? 'r' : 'r+');
    };
    return this.#file(path, await open(), open);
  }

  async create(path: string, mode: number): Promise<OpenFile> {
    const opened = await this.#open(path, 'wx', mode).catch((error: unknown) => this.#explain(error, path, 'EEXIST'));
    return this.#file(path, opened, () => this.#open(path, 'r+'));
  }

  async stat(path: string): Promise<FileStats> {
    return fileStats(await this.#call<Stats>(path, (sftp, at, done) => sftp.stat(at, done)));
  }

  async lstat(path: string): Promise<FileStats> {
    return fileStats(await this.#call<Stats>(path, (sftp, at, done) => sftp.lstat(at, done)));
  }

  chmod(path: string, mode: number): Promise<void> {
    return this.#run(path, (sftp, at, done) => sftp.chmod(at, mode, done));
  }

  async mkdir(path: string, mode: number): Promise<void> {
    await this.#run(path, (sftp, at, done) => sftp.mkdir(at, { mode }, done)).catch((error: unknown) =>
      this.#explain(error, path, 'EEXIST'),
    );
  }

  async rmdir(path: string): Promise<void> {
    await this.#run(path, (sftp, at, done) => sftp.rmdir(at, done)).catch((error: unknown) =>
      this.#explain(error, path, 'ENOTEMPTY'),
    );
  }

  async readdir(path: string): Promise<string[]> {
    const entries = await this.#call<{ filename: string }[]>(path, (sftp, at, done) => sftp.readdir(at, done));
    return entries.map(({ filename }) => filename);
  }

  /**
   * The protocol's own rename, where the server has no other, fails if the new name is taken; nothing here needs more.
   * It may be a link and a removal, so that two collectors may get a letter twice; never none of them.
   */
  async rename(from: string, to: string): Promise<void> {
    const target = this.#at(to);
    try {
      await this.#run(from, (sftp, at, done) => sftp.ext_openssh_rename(at, target, done));
    } catch (error) {
      if (errorCode(error) !== 'ENOTSUP') return this.#explain(error, to);
      await this.#run(from, (sftp, at, done) => sftp.rename(at, target, done));
    }
  }

  async link(from: string, to: string): Promise<void> {
    await this.#run(from, (sftp, at, done) => sftp.ext_openssh_hardlink(at, this.#at(to), done)).catch(
      async (error: unknown) => {
        await this.#explain(error, to, 'EEXIST');
      },
    );
  }

  unlink(path: string): Promise<void> {
    return this.#run(path, (sftp, at, done) => sftp.unlink(at, done));
  }

  /** OpenSSH on Linux opens and syncs a directory like a file; where that is refused the server decides. */
  async syncDirectory(path: string): Promise<void> {
    try {
      const { session, handle } = await this.#open(path, 'r');
      const synced = session.run((sftp, done) => sftp.ext_openssh_fsync(handle, done));
      const closed = session.run((sftp, done) => sftp.close(handle, done));
      await Promise.allSettled([synced, closed]);
    } catch (error) {
      if (!isFileError(error)) throw error;
    }
  }

  async freeBytes(): Promise<number | undefined> {
    return (await this.#space())?.freeBytes;
  }

  watch(path: string): Watch {
    return new PollWatch(() => this.readdir(path), this.#poll);
  }

  async findings(): Promise<readonly Finding[]> {
    const { hostKey } = await this.#connection.session();
    const isPinned = this.#connection.address.hostKey !== undefined;
    const host = isPinned ? `It shows the key that was pinned: ${hostKey}.` : `It shows ${hostKey}.`;
    return [{ what: 'host key', ok: true, text: host }, await this.#reach()];
  }

  /** Whether the account sees more of the machine than the drop needs, as most people's own do. */
  async #reach(): Promise<Finding> {
    const what = 'reach';
    const names = await this.#listRoot();
    const text = names.includes('etc')
      ? 'This account sees the whole machine: for a buddy make one that has SFTP and a folder of its own alone.'
      : 'This account sees nothing of the machine but its own folder.';
    return { what, ok: true, text };
  }

  async #listRoot(): Promise<string[]> {
    const session = await this.#connection.session();
    const listing = session.call<{ filename: string }[]>((sftp, done) => sftp.readdir('/', done));
    return listing.then(
      (entries) => entries.map(({ filename }) => filename),
      () => [],
    );
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  #file(path: string, opened: OpenedHandle, open: () => Promise<OpenedHandle>): RemoteFile {
    return new RemoteFile(opened, open, (error) => this.#explain(fileError(error, path), path));
  }

  #at(path: string): string {
    return path === '' ? this.#root : `${this.#root}/${path}`;
  }

  async #open(path: string, flags: 'r' | 'r+' | 'wx', mode?: number): Promise<OpenedHandle> {
    const session = await this.#connection.session();
    const attributes = mode === undefined ? {} : { mode };
    try {
      const handle = await session.call<Buffer>((sftp, done) => sftp.open(this.#at(path), flags, attributes, done));
      return { session, handle };
    } catch (error) {
      throw fileError(error, path);
    }
  }

  #run(path: string, send: (sftp: SFTPWrapper, at: string, done: (error?: Error | null) => void) => void) {
    return this.#call<void>(path, (sftp, at, done) => send(sftp, at, (error) => done(error, undefined)));
  }

  async #call<T>(path: string, send: (sftp: SFTPWrapper, at: string, done: Answer<T>) => void): Promise<T> {
    const session = await this.#connection.session();
    try {
      return await session.call<T>((sftp, done) => send(sftp, this.#at(path), done));
    } catch (error) {
      throw fileError(error, path);
    }
  }

  async #space(): Promise<Space | undefined> {
    try {
      return spaceOf(await this.#call<object>('', (sftp, at, done) => sftp.ext_openssh_statvfs(at, done)));
    } catch (error) {
      if (!isFileError(error)) throw error;
      return undefined;
    }
  }

  /**
   * Finds out what a bare failure means, and throws that. @param taken the code where the path is there.
   */
  async #explain(error: unknown, path: string, taken?: string): Promise<never> {
    if (errorCode(error) !== FAILURE) throw error;
    const isThere = await this.lstat(path).then(
      () => true,
      () => false,
    );
    if (taken !== undefined && isThere) throw withCode(taken, path, error);
    const space = await this.#space();
    if (space?.isReadOnly) throw withCode('EROFS', path, error);
    if (space?.freeBytes === 0) throw withCode('ENOSPC', path, error);
    throw error;
  }
}

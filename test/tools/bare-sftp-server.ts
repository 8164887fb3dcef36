/**
 * An SFTP server as simple as the protocol allows, over ssh2, which lets everybody in: no extensions, at most 16 KiB an
 * answer, and a rename that refuses a name that is taken (draft-ietf-secsh-filexfer-02, section 6).
 */

import { once } from 'node:events';
import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { chmod, link, lstat, mkdir, open, readdir, readFile, rmdir, stat, unlink } from 'node:fs/promises';
import type { Attributes, Connection, SFTPWrapper } from 'ssh2';
import ssh2 from 'ssh2';
import { errorCode } from '../../client/errors.ts';

const { STATUS_CODE } = ssh2.utils.sftp;
const MOST_BYTES = 16 * 1024;

export class BareSftpServer implements AsyncDisposable {
  readonly port: number;
  readonly #server: InstanceType<typeof ssh2.Server>;
  readonly #connections: Set<Connection>;

  private constructor(server: InstanceType<typeof ssh2.Server>, connections: Set<Connection>) {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    this.port = address.port;
    this.#server = server;
    this.#connections = connections;
  }

  /** @param hostKey a private key's file. */
  static async start(hostKey: string): Promise<BareSftpServer> {
    const connections = new Set<Connection>();
    const server = new ssh2.Server({ hostKeys: [await readFile(hostKey)] }, (connection) => {
      connections.add(connection);
      // Its types leave this out; without it each answer waits for another.
      if ('setNoDelay' in connection && typeof connection.setNoDelay === 'function') connection.setNoDelay(true);
      connection.on('authentication', (login) => login.accept());
      connection.on('session', (accept) => {
        accept().on('sftp', (acceptSftp) => serve(acceptSftp()));
      });
      connection.on('error', () => undefined);
      connection.on('close', () => connections.delete(connection));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new BareSftpServer(server, connections);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    for (const connection of this.#connections) connection.end();
    this.#server.close();
    await closed;
  }
}

function serve(sftp: SFTPWrapper): void {
  const files = new Map<string, FileHandle>();
  const listings = new Map<string, string[]>();
  let handles = 0;
  const newHandle = () => Buffer.from(String(++handles));
  const fileOf = (handle: Buffer): FileHandle => {
    const file = files.get(String(handle));
    if (file === undefined) throw new Error('no such handle');
    return file;
  };
  /** Answers with what `run` does itself, or with its success or failure. */
  const answer = (id: number, run: () => Promise<unknown>) => {
    run().then(
      (answered) => answered === true || sftp.status(id, STATUS_CODE.OK),
      (error: unknown) => sftp.status(id, statusOf(error)),
    );
  };

  sftp.on('OPEN', (id, path, flags) =>
    answer(id, async () => {
      const file = await open(path, ssh2.utils.sftp.flagsToString(flags) ?? 'r');
      const handle = newHandle();
      files.set(String(handle), file);
      sftp.handle(id, handle);
      return true;
    }),
  );
  sftp.on('READ', (id, handle, offset, length) =>
    answer(id, async () => {
      const bytes = Buffer.alloc(Math.min(length, MOST_BYTES));
      const { bytesRead } = await fileOf(handle).read(bytes, 0, bytes.length, offset);
      if (bytesRead === 0) sftp.status(id, STATUS_CODE.EOF);
      else sftp.data(id, bytes.subarray(0, bytesRead));
      return true;
    }),
  );
  sftp.on('WRITE', (id, handle, offset, data) =>
    answer(id, async () => {
      await fileOf(handle).write(data, 0, data.length, offset);
    }),
  );
  sftp.on('CLOSE', (id, handle) =>
    answer(id, async () => {
      listings.delete(String(handle));
      await files.get(String(handle))?.close();
      files.delete(String(handle));
    }),
  );
  const attributes = (id: number, find: () => Promise<Stats>) =>
    answer(id, async () => {
      sftp.attrs(id, attributesOf(await find()));
      return true;
    });
  sftp.on('FSTAT', (id, handle) => attributes(id, () => fileOf(handle).stat()));
  sftp.on('STAT', (id, path) => attributes(id, () => stat(path)));
  sftp.on('LSTAT', (id, path) => attributes(id, () => lstat(path)));
  sftp.on('SETSTAT', (id, path, { mode }) => answer(id, () => chmod(path, mode)));
  sftp.on('OPENDIR', (id, path) =>
    answer(id, async () => {
      const names = await readdir(path);
      const handle = newHandle();
      listings.set(String(handle), names);
      sftp.handle(id, handle);
      return true;
    }),
  );
  sftp.on('READDIR', (id, handle) =>
    answer(id, async () => {
      const names = listings.get(String(handle)) ?? [];
      listings.set(String(handle), []);
      const attrs = { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 };
      if (names.length === 0) sftp.status(id, STATUS_CODE.EOF);
      else
        sftp.name(
          id,
          names.map((filename) => ({ filename, longname: filename, attrs })),
        );
      return true;
    }),
  );
  sftp.on('MKDIR', (id, path) => answer(id, () => mkdir(path)));
  sftp.on('RMDIR', (id, path) => answer(id, () => rmdir(path)));
  sftp.on('REMOVE', (id, path) => answer(id, () => unlink(path)));
  sftp.on('RENAME', (id, from, to) =>
    answer(id, async () => {
      await link(from, to);
      await unlink(from);
    }),
  );
}

function attributesOf(stats: Stats): Attributes {
  const { mode, uid, gid, size, atimeMs, mtimeMs } = stats;
  return { mode, uid, gid, size, atime: Math.floor(atimeMs / 1000), mtime: Math.floor(mtimeMs / 1000) };
}

function statusOf(error: unknown): number {
  return errorCode(error) === 'ENOENT' ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE;
}

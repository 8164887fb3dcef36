/** An open file on the server, with the shape of node's own handles. */
import type { SFTPWrapper } from 'ssh2';
import { errorCode } from '../../errors.ts';
import type { FileStats, OpenFile } from '../maildir/file-system.ts';
import { fileStats } from './answers.ts';
import type { Answer, Session } from './session.ts';

/**
 * What one request carries: as much as OpenSSH takes. Many of them are under way at once, so the round trip counts
 * once; for servers that take less, ssh2 cuts each into smaller ones.
 */
const REQUEST_BYTES = 255 * 1024;
/**
 * Requests of one call to write that are under way at once: as much as fits into the window that OpenSSH gives. ssh2
 * has a copy of each, and whatever else is asked for on the connection waits behind all of them.
 */
const WRITES_AT_ONCE = 8;

export interface OpenedHandle {
  readonly session: Session;
  readonly handle: Buffer;
}

/** Outlives its connection: it is opened again by the first call after that was lost. */
export class RemoteFile implements OpenFile {
  readonly #open: () => Promise<OpenedHandle>;
  readonly #fail: (error: unknown) => Promise<never>;
  #opened: Promise<OpenedHandle>;

  /**
   * @param open opens the file, which is there by then, once more. @param fail throws what an error of ssh2's means.
   */
  constructor(opened: OpenedHandle, open: () => Promise<OpenedHandle>, fail: (error: unknown) => Promise<never>) {
    this.#opened = Promise.resolve(opened);
    this.#open = open;
    this.#fail = fail;
  }

  async stat(): Promise<FileStats> {
    return fileStats(await this.#call((sftp, handle, done) => sftp.fstat(handle, done)));
  }

  async read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }> {
    const bytes = asBuffer(buffer);
    const requests = cut(length);
    const reads = await allDone(
      requests.map(({ start, size }) => this.#read(bytes, offset + start, size, position + start)),
    );
    // What follows a request that was not answered in full lies beyond the end.
    const last = reads.findIndex((read, index) => read < (requests[index]?.size ?? 0));
    const counted = last < 0 ? reads : reads.slice(0, last + 1);
    return { bytesRead: counted.reduce((sum, read) => sum + read, 0) };
  }

  async readFile(): Promise<Buffer> {
    const { size } = await this.stat();
    const bytes = Buffer.allocUnsafe(size);
    const { bytesRead } = await this.read(bytes, 0, size, 0);
    return bytes.subarray(0, bytesRead);
  }

  async write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }> {
    return this.writev([bytes.subarray(offset, offset + length)], position);
  }

  async writev(pieces: Uint8Array[], position: number): Promise<{ bytesWritten: number }> {
    const requests = writeRequests(pieces, position);
    const work = async (): Promise<void> => {
      // One that fails ends the requests for the others, too.
      for (const { buffer, start, size, at } of requests) {
        await this.#run((sftp, handle, done) => sftp.write(handle, buffer, start, size, at, done));
      }
    };
    await allDone(Array.from({ length: WRITES_AT_ONCE }, work));
    return { bytesWritten: pieces.reduce((sum, piece) => sum + piece.length, 0) };
  }

  async writeFile(bytes: Uint8Array): Promise<void> {
    await this.write(bytes, 0, bytes.length, 0);
  }

  /** Where the server has no call for that, it decides what is durable. */
  async sync(): Promise<void> {
    try {
      await this.#run((sftp, handle, done) => sftp.ext_openssh_fsync(handle, done));
    } catch (error) {
      if (errorCode(error) !== 'ENOTSUP') throw error;
    }
  }

  datasync(): Promise<void> {
    return this.sync();
  }

  utimes(accessed: Date, modified: Date): Promise<void> {
    return this.#run((sftp, handle, done) => sftp.futimes(handle, accessed, modified, done));
  }

  chmod(mode: number): Promise<void> {
    return this.#run((sftp, handle, done) => sftp.fchmod(handle, mode, done));
  }

  /** One whose connection was lost is closed already. */
  async close(): Promise<void> {
    const { session, handle } = await this.#opened;
    if (!session.isLost) await session.run((sftp, done) => sftp.close(handle, done)).catch(() => undefined);
  }

  /** Servers may give less than was asked for; only nothing at all is the end. */
  async #read(buffer: Buffer, offset: number, length: number, position: number): Promise<number> {
    let total = 0;
    while (total < length) {
      const read = await this.#call<number>((sftp, handle, done) =>
        sftp.read(handle, buffer, offset + total, length - total, position + total, done),
      );
      if (read === 0) break;
      total += read;
    }
    return total;
  }

  #run(send: (sftp: SFTPWrapper, handle: Buffer, done: (error?: Error | null) => void) => void): Promise<void> {
    return this.#call<void>((sftp, handle, done) => send(sftp, handle, (error) => done(error, undefined)));
  }

  async #call<T>(send: (sftp: SFTPWrapper, handle: Buffer, done: Answer<T>) => void): Promise<T> {
    const { session, handle } = await this.#live();
    try {
      return await session.call<T>((sftp, done) => send(sftp, handle, done));
    } catch (error) {
      return this.#fail(error);
    }
  }

  async #live(): Promise<OpenedHandle> {
    const present = this.#opened;
    const opened = await present;
    if (!opened.session.isLost) return opened;
    if (this.#opened === present) {
      const opening = this.#open();
      this.#opened = opening;
      // The next call tries again, too.
      opening.catch(() => {
        if (this.#opened === opening) this.#opened = present;
      });
    }
    return this.#opened;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function cut(length: number): { readonly start: number; readonly size: number }[] {
  const count = Math.ceil(length / REQUEST_BYTES);
  return Array.from({ length: count }, (_, index) => {
    const start = index * REQUEST_BYTES;
    return { start, size: Math.min(REQUEST_BYTES, length - start) };
  });
}

interface WriteRequest {
  readonly buffer: Buffer;
  readonly start: number;
  readonly size: number;
  /** In the file. */
  readonly at: number;
}

function* writeRequests(pieces: readonly Uint8Array[], position: number): Generator<WriteRequest, void, undefined> {
  let at = position;
  for (const piece of pieces) {
    const buffer = asBuffer(piece);
    for (const { start, size } of cut(piece.length)) yield { buffer, start, size, at: at + start };
    at += piece.length;
  }
}

/** Rejects like Promise.all, but only once nobody uses the memory of any call any more. */
async function allDone<T>(calls: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(calls);
  return Promise.all(calls);
}

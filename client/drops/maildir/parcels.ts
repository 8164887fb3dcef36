/** Parcels as files: written in place under another name, synced, then renamed. */
import { randomBytes } from 'node:crypto';
import { DropError } from '../../errors.ts';
import { type ParcelKey, parseParcelKey } from '../../protocol/parcel-key.ts';
import type { ByteRange, PartInput } from '../drop.ts';
import { isArriving } from './clock.ts';
import { isMissing } from './errors.ts';
import type { OpenFile } from './file-system.ts';
import { createFile, makeDirectory, parentOf, removeFile } from './files.ts';
import { isTicket, partFile } from './layout.ts';
import { folderLimits, PIECE_BYTES } from './limits.ts';
import type { Place } from './place.ts';
import { formatReceipt, totalBytes } from './receipts.ts';
import { sweepParcels } from './sweep.ts';

/** Buffers that are kept for later at most, of a MiB each: as many as the ranges of one download use at once. */
const MOST_SPARE = 8;

export class ParcelFiles {
  readonly #place: Place;
  /** Part files that are being written, by their path. */
  readonly #open = new Map<string, Promise<OpenFile>>();
  /** Buffers of readings that have ended, for the next ones. */
  readonly #spare: Buffer[] = [];

  constructor(place: Place) {
    this.#place = place;
  }

  async create(key: string): Promise<string> {
    const ticket = randomBytes(12).toString('hex');
    const path = this.#partPath(key, ticket);
    await makeDirectory(this.#place.files, parentOf(path), this.#place.modes);
    const handle = await createFile(this.#place.files, path, this.#place.modes);
    this.#open.set(path, Promise.resolve(handle));
    await sweepParcels(this.#place, (await handle.stat()).mtimeMs);
    return ticket;
  }

  /** The receipt says what lies on the disk for good: an upload that goes on after a power cut can rely on it. */
  async putPart(key: string, ticket: string, part: PartInput): Promise<string> {
    const length = part.pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
    if (part.offset + length > folderLimits.parcelBytes) {
      throw new DropError('The parcel is larger than a folder drop takes.', {
        code: 'parcel-too-large',
        hint: `At most ${folderLimits.parcelBytes} bytes fit; send it in several pieces.`,
        retryable: false,
      });
    }
    const handle = await this.#handle(this.#partPath(key, ticket));
    await writeAll(handle, part.pieces, part.offset, length);
    await handle.datasync();
    return formatReceipt({ number: part.number, offset: part.offset, length });
  }

  async complete(key: string, ticket: string, receipts: readonly string[]): Promise<void> {
    const target = this.#keyPath(key);
    const path = this.#partPath(key, ticket);
    const total = totalBytes(receipts);
    const handle = await this.#handle(path).catch((error: unknown) => {
      if (error instanceof DropError && error.code === 'no-such-upload') return undefined;
      throw error;
    });
    if (handle === undefined) {
      // Done before, perhaps by a process that died before it could say so.
      if ((await this.#sizeOf(target)) === total) return;
      throw noSuchUpload();
    }
    if ((await handle.stat()).size !== total) throw incomplete();
    await handle.sync();
    await this.#closeHandle(path);
    await this.#place.files.rename(path, target);
    await this.#place.files.syncDirectory(parentOf(target));
  }

  async abort(key: string, ticket: string): Promise<void> {
    const path = this.#partPath(key, ticket);
    await this.#closeHandle(path);
    await removeFile(this.#place.files, path);
  }

  /**
   * Ends early where the parcel does, once it can't be arriving any more. One piece is read ahead while the last one is
   * being used, in two buffers that take turns and are used again: new memory would cost more than the reading, and
   * hundreds of MiB before it is collected.
   */
  async *get(key: string, range: ByteRange, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const handle = await this.#openParcel(this.#keyPath(key));
    const end = range.offset + range.length;
    const buffers = [this.#takeBuffer(), this.#takeBuffer()] as const;
    let position = range.offset;
    let turn: 0 | 1 = 0;
    let reading = readPiece(handle, buffers[turn], position, end);
    try {
      for (;;) {
        const piece = await reading;
        signal.throwIfAborted();
        if (piece.length === 0) {
          if (position < end && (await isArriving(this.#place, await handle.stat()))) throw arriving();
          return;
        }
        position += piece.length;
        turn = turn === 0 ? 1 : 0;
        reading = readPiece(handle, buffers[turn], position, end);
        // It may fail while nobody waits for it.
        reading.catch(() => undefined);
        yield piece;
      }
    } finally {
      await reading.catch(() => undefined);
      if (this.#spare.length < MOST_SPARE) this.#spare.push(...buffers);
      await handle.close();
    }
  }

  #takeBuffer(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES);
  }

  async remove(key: string): Promise<void> {
    const path = this.#keyPath(key);
    if (await removeFile(this.#place.files, path)) await this.#place.files.syncDirectory(parentOf(path));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((path) => this.#closeHandle(path)));
  }

  async #openParcel(path: string): Promise<OpenFile> {
    try {
      return await this.#place.files.open(path, 'read');
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw new DropError('The parcel is not in the drop: it has expired, was taken back, or has not arrived yet.', {
        code: 'no-such-parcel',
        hint: 'Ask for it to be sent again. In a folder that is synchronised, wait until that is done.',
        retryable: false,
        cause: error,
      });
    }
  }

  #handle(path: string): Promise<OpenFile> {
    const known = this.#open.get(path);
    if (known !== undefined) return known;
    const opening = this.#place.files.open(path, 'write').catch((error: unknown) => {
      this.#open.delete(path);
      throw isMissing(error) ? noSuchUpload() : error;
    });
    this.#open.set(path, opening);
    return opening;
  }

  async #closeHandle(path: string): Promise<void> {
    const opening = this.#open.get(path);
    if (opening === undefined) return;
    this.#open.delete(path);
    const handle = await opening.catch(() => undefined);
    await handle?.close();
  }

  async #sizeOf(path: string): Promise<number | undefined> {
    try {
      return (await this.#place.files.stat(path)).size;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  #keyPath(key: string): string {
    parcelKey(key);
    return `parcels/${key}`;
  }

  /** Only a member's own parcels are put, as every cloud's policy would have it. */
  #partPath(key: string, ticket: string): string {
    if (parcelKey(key).role !== this.#place.role) {
      throw new DropError(`The parcel key ${key} belongs to the other side; it can't be put from here.`, {
        code: 'bad-parcel-key',
        retryable: false,
      });
    }
    if (!isTicket(ticket)) throw noSuchUpload();
    return `parcels/${partFile(key, ticket)}`;
  }
}

/** Nothing but a well-formed key ever becomes a path. */
function parcelKey(key: string): ParcelKey {
  const parsed = parseParcelKey(key);
  if (parsed !== undefined) return parsed;
  throw new DropError('This is not the key of a parcel.', { code: 'bad-parcel-key', retryable: false });
}

async function writeAll(
  handle: OpenFile,
  pieces: readonly Uint8Array[],
  offset: number,
  length: number,
): Promise<void> {
  const { bytesWritten } = await handle.writev([...pieces], offset);
  if (bytesWritten === length) return;
  // Cut short, as at the end of the space: go on, so that the file system says why.
  let skip = bytesWritten;
  let position = offset;
  for (const piece of pieces) {
    for (let at = Math.min(skip, piece.byteLength); at < piece.byteLength; ) {
      at += (await handle.write(piece, at, piece.byteLength - at, position + at)).bytesWritten;
    }
    skip -= Math.min(skip, piece.byteLength);
    position += piece.byteLength;
  }
}

async function readPiece(handle: OpenFile, buffer: Buffer, position: number, end: number): Promise<Uint8Array> {
  const length = Math.min(buffer.length, end - position);
  if (length <= 0) return new Uint8Array(0);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function noSuchUpload(): DropError {
  return new DropError('The upload is not in the drop any more.', {
    code: 'no-such-upload',
    hint: 'It was given up, or it stood still for too long. Send the file again.',
    retryable: false,
  });
}

function arriving(): DropError {
  return new DropError('The parcel has not arrived as a whole yet.', {
    code: 'parcel-arriving',
    hint: 'Wait until the folder has been synchronised or copied, then try again.',
    retryable: true,
  });
}

function incomplete(): DropError {
  return new DropError('The upload is not complete: some of its parts are not in the drop.', {
    code: 'incomplete-upload',
    hint: 'Send the file again.',
    retryable: false,
  });
}

/** Parcels as block blobs: parts are blocks that are streamed as they are, and a list of them makes the parcel. */
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { DropError } from '../../errors.ts';
import { type ParcelKey, parseParcelKey } from '../../protocol/parcel-key.ts';
import type { ByteRange, CallOptions, ParcelStore, PartInput } from '../drop.ts';
import type { Containers } from './containers.ts';
import { isAnswer, toDropError } from './errors.ts';
import { maxParts, minPartBytes } from './limits.ts';

const ifNew = { conditions: { ifNoneMatch: '*' } };

export class BlobParcels implements ParcelStore {
  readonly maxParts = maxParts;
  readonly minPartBytes = minPartBytes;
  readonly #containers: Containers;

  constructor(containers: Containers) {
    this.#containers = containers;
  }

  /** Nothing has to be opened; the ticket is what tells this upload's blocks from another's. */
  async create(key: string, { signal }: CallOptions = {}): Promise<string> {
    signal?.throwIfAborted();
    read(key);
    return randomBytes(16).toString('base64url');
  }

  async putPart(key: string, ticket: string, part: PartInput, { signal }: CallOptions = {}): Promise<string> {
    const length = part.pieces.reduce((sum, piece) => sum + piece.length, 0);
    const blockId = Buffer.from(`${ticket}-${String(part.number).padStart(5, '0')}`).toString('base64');
    await this.#containers.call('put files', read(key).role, signal, (client, options) =>
      client.getBlockBlobClient(key).stageBlock(blockId, () => Readable.from(part.pieces), length, options),
    );
    return blockId;
  }

  async complete(key: string, _ticket: string, receipts: readonly string[], { signal }: CallOptions = {}) {
    await this.#containers.call('put files', read(key).role, signal, (client, options) =>
      client
        .getBlockBlobClient(key)
        .commitBlockList([...receipts], { ...options, ...ifNew })
        .catch(unlessThere),
    );
  }

  /**
   * A blob of no blocks discards those there are ("Put Block List"), and goes again; one that is complete stays. Where
   * nobody gives an upload up, its blocks are gone a week after the last.
   */
  async abort(key: string, _ticket: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#containers.call('give up files', read(key).role, signal, async (client, options) => {
      const blob = client.getBlockBlobClient(key);
      const { etag } = (await blob.commitBlockList([], { ...options, ...ifNew }).catch(unlessThere)) ?? {};
      if (etag) await blob.deleteIfExists({ ...options, conditions: { ifMatch: etag } });
    });
  }

  /** A download that breaks off goes on where it stopped; one on which nothing comes any more is given up. */
  async *get(key: string, { offset, length }: ByteRange, { signal }: CallOptions = {}): AsyncGenerator<Uint8Array> {
    const { role } = read(key);
    const { answer, attempts } = this.#containers.transport.timing;
    const stalled = new AbortController();
    const wait = () => setTimeout(() => stalled.abort(), answer * 2);
    const abortSignal = signal ? AbortSignal.any([signal, stalled.signal]) : stalled.signal;
    const stream = await this.#containers.call('fetch files', role, signal, async (client) => {
      const options = { abortSignal, maxRetryRequests: attempts };
      return (await client.getBlobClient(key).download(offset, length, options)).readableStreamBody ?? [];
    });
    let received = 0;
    let waiting = wait();
    try {
      for await (const piece of stream) {
        if (!(piece instanceof Uint8Array)) continue;
        clearTimeout(waiting);
        received += piece.length;
        yield piece;
        waiting = wait();
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw toDropError(error, this.#containers.attempt('fetch files', role));
    } finally {
      clearTimeout(waiting);
    }
    if (received !== length) throw wrongLength();
  }

  async remove(key: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#containers.call('remove files', read(key).role, signal, (client, options) =>
      client.getBlobClient(key).deleteIfExists(options),
    );
  }
}

/** Every call begins here, so no key but one of ours is ever sent. @throws DropError with code `bad-parcel-key`. */
function read(key: string): ParcelKey {
  const parsed = parseParcelKey(key);
  if (parsed !== undefined) return parsed;
  throw new DropError('That is not the key of a parcel.', {
    code: 'bad-parcel-key',
    hint: 'Ask the sender to send the file again with a current btr.',
    retryable: false,
  });
}

/** Keys are random and used once: what is there was completed by an earlier call. */
function unlessThere(error: unknown): undefined {
  if (!isAnswer(error, 'BlobAlreadyExists', 'ConditionNotMet')) throw error;
}

function wrongLength(): DropError {
  return new DropError('The parcel in the drop has another length than it should have.', {
    code: 'wrong-parcel-length',
    hint: 'Ask the sender to send it again.',
    retryable: false,
  });
}

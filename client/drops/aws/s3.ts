/** Parcels in S3: multipart uploads whose parts are streamed as they are, and ranged downloads that survive a cut. */
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { DropError } from '../../errors.ts';
import { parseParcelKey } from '../../protocol/parcel-key.ts';
import type { ByteRange, CallOptions, PartInput } from '../drop.ts';
import type { AwsAddress } from './address.ts';
import { guarded, pause, sendOptions } from './calls.ts';
import { type Attempt, toDropError, unavailableParcel } from './errors.ts';
import { type ClosableParcels, MAX_PARTS, MIN_PART_BYTES } from './parcels.ts';
import { makeS3Client } from './s3-client.ts';
import { answerTimeout, type ClientSettings, serviceEndpoint } from './settings.ts';

export class S3Parcels implements ClosableParcels {
  readonly maxParts = MAX_PARTS;
  readonly minPartBytes = MIN_PART_BYTES;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #settings: ClientSettings;
  readonly #isAws: boolean;

  constructor(address: AwsAddress, bucket: string, settings: ClientSettings) {
    this.#client = makeS3Client(address, settings);
    this.#bucket = bucket;
    this.#settings = settings;
    this.#isAws = serviceEndpoint(settings, address, 'S3') === undefined;
  }

  async create(key: string, { signal }: CallOptions = {}): Promise<string> {
    const result = await guarded(this.#attempt('PutObject', key), signal, () =>
      this.#client.send(new CreateMultipartUploadCommand({ Bucket: this.#bucket, Key: key }), this.#options(signal)),
    );
    return answered(result.UploadId, this.#attempt('PutObject', key));
  }

  /**
   * The pieces go to the socket as they are: nothing is joined, and nothing hashed, since S3 takes a stream over TLS
   * unsigned. The SDK does not repeat streams, so the tries are ours.
   */
  async putPart(key: string, ticket: string, part: PartInput, { signal }: CallOptions = {}): Promise<string> {
    const length = part.pieces.reduce((sum, piece) => sum + piece.length, 0);
    const attempt = this.#attempt('PutObject', key);
    const result = await this.#retried(attempt, signal, () =>
      this.#client.send(
        new UploadPartCommand({
          Bucket: this.#bucket,
          Key: key,
          UploadId: ticket,
          PartNumber: part.number,
          ContentLength: length,
          Body: length === 0 ? Buffer.alloc(0) : Readable.from(part.pieces),
        }),
        sendOptions(signal, answerTimeout(this.#settings, length)),
      ),
    );
    return answered(result.ETag, attempt);
  }

  async complete(
    key: string,
    ticket: string,
    receipts: readonly string[],
    { signal }: CallOptions = {},
  ): Promise<void> {
    const Parts = receipts.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
    try {
      await guarded(this.#attempt('PutObject', key), signal, () =>
        this.#client.send(
          new CompleteMultipartUploadCommand({
            Bucket: this.#bucket,
            Key: key,
            UploadId: ticket,
            MultipartUpload: { Parts },
          }),
          // S3 may take minutes for a large parcel, and sends spaces meanwhile.
          sendOptions(signal, 0),
        ),
      );
    } catch (error) {
      // Keys are random and used once: where the upload is gone and the parcel there, an earlier call completed it.
      if (!hasCode(error, 'no-such-upload') || !(await this.#isThere(key, signal))) throw error;
    }
  }

  async abort(key: string, ticket: string, { signal }: CallOptions = {}): Promise<void> {
    try {
      await guarded(this.#attempt('AbortMultipartUpload', key), signal, () =>
        this.#client.send(
          new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key: key, UploadId: ticket }),
          this.#options(signal),
        ),
      );
    } catch (error) {
      if (!hasCode(error, 'no-such-upload')) throw error;
    }
  }

  /** A download that breaks off goes on where it stopped; only tries that bring nothing count. */
  async *get(key: string, range: ByteRange, { signal }: CallOptions = {}): AsyncGenerator<Uint8Array> {
    const attempt = this.#attempt('GetObject', key);
    let received = 0;
    let tries = 0;
    while (received < range.length) {
      try {
        const body = await this.#open(key, range.offset + received, range.length - received, signal);
        for await (const piece of body) {
          received += piece.length;
          tries = 0;
          yield piece;
          release(piece);
        }
      } catch (error) {
        signal?.throwIfAborted();
        const failure = unavailableParcel(error, attempt);
        tries += 1;
        if (!failure.retryable || tries >= this.#settings.timing.attempts) throw failure;
        await pause(this.#settings.timing, tries, signal);
        continue;
      }
      if (received !== range.length) throw wrongLength();
    }
  }

  async remove(key: string, { signal }: CallOptions = {}): Promise<void> {
    await guarded(this.#attempt('DeleteObject', key), signal, () =>
      this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }), this.#options(signal)),
    );
  }

  close(): void {
    this.#client.destroy();
  }

  /** The stream of a range, as chunks of the socket's size. */
  async #open(
    key: string,
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
  ): Promise<AsyncIterable<Buffer>> {
    const { Body } = await this.#client.send(
      new GetObjectCommand({ Bucket: this.#bucket, Key: key, Range: `bytes=${offset}-${offset + length - 1}` }),
      sendOptions(signal, answerTimeout(this.#settings, 0)),
    );
    if (!(Body instanceof Readable)) throw new SyntaxError('an answer without a body');
    return Body;
  }

  async #isThere(key: string, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await guarded(this.#attempt('GetObject', key), signal, () =>
        this.#client.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: key }), this.#options(signal)),
      );
      return true;
    } catch (error) {
      if (hasCode(error, 'no-such-parcel')) return false;
      if (!hasCode(error, 'access-denied')) throw error;
      return this.#isTaken(key, signal);
    }
  }

  /**
   * A sender may write under its own prefix but not read there. Still it can ask whether a key is taken: a write on
   * the condition that it is not fails. Only where S3 itself answers: an emulator may ignore the condition.
   */
  async #isTaken(key: string, signal: AbortSignal | undefined): Promise<boolean> {
    if (!this.#isAws) return false;
    const put = new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: '', IfNoneMatch: '*' });
    try {
      await this.#client.send(put, this.#options(signal));
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof Error && error.name === 'PreconditionFailed') return true;
      throw toDropError(error, this.#attempt('PutObject', key));
    }
    await this.remove(key, signal === undefined ? {} : { signal });
    return false;
  }

  async #retried<T>(attempt: Attempt, signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    const { timing } = this.#settings;
    for (let tries = 1; ; tries += 1) {
      try {
        return await guarded(attempt, signal, call);
      } catch (error) {
        if (!(error instanceof DropError) || !error.retryable || tries >= timing.attempts) throw error;
      }
      await pause(timing, tries, signal);
    }
  }

  /** Every call begins here, so no key but one of ours is ever sent. @throws DropError with code `bad-parcel-key`. */
  #attempt(action: string, key: string): Attempt {
    if (parseParcelKey(key) === undefined) throw badKey();
    return { action: `s3:${action}`, resource: `s3://${this.#bucket}/${key}` };
  }

  #options(signal: AbortSignal | undefined) {
    return sendOptions(signal, answerTimeout(this.#settings, 0));
  }
}

/**
 * Gives the memory of a piece back at once: a download is thousands of them, and it is the collection of their memory
 * that would take the time. One that shares its memory, with the head of the answer say, is left to the collector.
 */
function release({ buffer, length }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof DropError && error.code === code;
}

function answered(value: string | undefined, attempt: Attempt): string {
  if (value === undefined || value === '') throw toDropError(new SyntaxError('an answer without a value'), attempt);
  return value;
}

function badKey(): DropError {
  return new DropError('That is not the key of a parcel.', {
    code: 'bad-parcel-key',
    hint: 'Ask the sender to send the file again with a current btr.',
    retryable: false,
  });
}

function wrongLength(): DropError {
  return new DropError('The parcel in the drop has another length than it should have.', {
    code: 'wrong-parcel-length',
    hint: 'Ask the sender to send it again.',
    retryable: false,
  });
}

/** The bucket of S3 that the work is done on (Amazon S3 API Reference, the page of each command). */
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { type Folders, type Shelf, ShelfError, type Upload } from './expire.ts';

const listUploads = 's3:ListBucketMultipartUploads';

/** @param signal ends every call; what was under way then rejects. */
export class S3Shelf implements Shelf {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #call: { readonly abortSignal: AbortSignal };

  constructor(client: S3Client, bucket: string, signal: AbortSignal) {
    this.#client = client;
    this.#bucket = bucket;
    this.#call = { abortSignal: signal };
  }

  async *keys(prefix: string): AsyncGenerator<readonly string[]> {
    for await (const page of this.#pages({ Prefix: prefix })) yield keysOf(page);
  }

  async *folders(prefix: string, after: string): AsyncGenerator<Folders> {
    for await (const page of this.#pages({ Prefix: prefix, StartAfter: after, Delimiter: '/' })) {
      const decode = decoder(page);
      yield { keys: keysOf(page), prefixes: (page.CommonPrefixes ?? []).map(({ Prefix = '' }) => decode(Prefix)) };
    }
  }

  /**
   * A page of a listing is as much as one DeleteObjects takes. Its keys go in a body of XML, which can't hold every
   * character that a key can: one such would fail the whole batch, so those go one by one.
   */
  async remove(keys: readonly string[]): Promise<readonly ShelfError[]> {
    const errors: ShelfError[] = [];
    const plain = keys.filter(isPlain);
    if (plain.length > 0) errors.push(...(await this.#removePlain(plain)));
    for (const Key of keys.filter((key) => !isPlain(key))) {
      await this.#send('s3:DeleteObject', () =>
        this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key }), this.#call),
      ).catch((error: unknown) => {
        if (!(error instanceof ShelfError)) throw error;
        errors.push(error);
      });
    }
    return errors;
  }

  async *uploads(prefix: string): AsyncGenerator<readonly Upload[]> {
    let next: Pick<ListMultipartUploadsCommandOutput, 'NextKeyMarker' | 'NextUploadIdMarker'> = {};
    for (;;) {
      const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = next;
      const page = await this.#send(listUploads, () =>
        this.#client.send(
          new ListMultipartUploadsCommand({
            Bucket: this.#bucket,
            Prefix: prefix,
            EncodingType: 'url',
            KeyMarker,
            UploadIdMarker,
          }),
          this.#call,
        ),
      );
      const decode = decoder(page, listUploads);
      yield (page.Uploads ?? []).map(({ Key = '', UploadId = '', Initiated }) => ({
        key: decode(Key),
        id: UploadId,
        // Without a time it is as new as can be.
        startedAt: Initiated?.getTime() ?? Number.POSITIVE_INFINITY,
      }));
      if (!page.IsTruncated || page.NextKeyMarker === undefined) return;
      next = { ...page, NextKeyMarker: decode(page.NextKeyMarker) };
    }
  }

  async abort({ key, id }: Upload): Promise<void> {
    try {
      await this.#send('s3:AbortMultipartUpload', () =>
        this.#client.send(
          new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key: key, UploadId: id }),
          this.#call,
        ),
      );
    } catch (error) {
      if (!(error instanceof ShelfError) || error.reason !== 'NoSuchUpload') throw error;
    }
  }

  async #removePlain(keys: readonly string[]): Promise<readonly ShelfError[]> {
    const Delete = { Quiet: true, Objects: keys.map((Key) => ({ Key })) };
    const { Errors = [] } = await this.#send('s3:DeleteObject', () =>
      this.#client.send(new DeleteObjectsCommand({ Bucket: this.#bucket, Delete }), this.#call),
    );
    const byReason = [...Map.groupBy(Errors, ({ Code = 'Unknown' }) => Code)];
    // The same error many times: a run may meet hundreds of thousands, and has little memory.
    return byReason.flatMap(([reason, { length }]) => {
      const error = new ShelfError('s3:DeleteObject', reason, namedError(reason));
      return Array.from({ length }, () => error);
    });
  }

  /** Names may hold anything that was put there, also what XML can't, so S3 is asked to encode them. */
  async *#pages(about: Partial<ListObjectsV2CommandInput>): AsyncGenerator<ListObjectsV2CommandOutput> {
    const input: ListObjectsV2CommandInput = { Bucket: this.#bucket, EncodingType: 'url', ...about };
    const pages = paginateListObjectsV2({ client: this.#client }, input, this.#call);
    for (;;) {
      const page = await this.#send('s3:ListBucket', () => pages.next());
      if (page.done) return;
      yield page.value;
    }
  }

  async #send<T>(action: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      this.#call.abortSignal.throwIfAborted();
      throw shelfError(action, error);
    }
  }
}

function keysOf(page: ListObjectsV2CommandOutput): string[] {
  const decode = decoder(page);
  return (page.Contents ?? []).map(({ Key = '' }) => decode(Key));
}

/**
 * S3 encodes as forms do, with a plus for a space; an emulator may not encode at all, and says so. A name that is no
 * UTF-8 is a failure of this listing alone.
 */
function decoder(
  { EncodingType }: { EncodingType?: string | undefined },
  action = 's3:ListBucket',
): (text: string) => string {
  if (EncodingType !== 'url') return (text) => text;
  return (text) => {
    try {
      return decodeURIComponent(text.replaceAll('+', ' '));
    } catch (error) {
      throw shelfError(action, error);
    }
  };
}

/** An error's message may hold names, its name does not. */
function shelfError(action: string, error: unknown): ShelfError {
  return new ShelfError(action, error instanceof Error ? error.name : 'Unknown', error);
}

function isPlain(key: string): boolean {
  return /^[ -~]+$/.test(key);
}

/** As the SDK throws it for a whole request. */
function namedError(name: string): Error {
  return Object.assign(new Error(name), { name });
}

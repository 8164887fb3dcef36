/** The parcel store of an AWS drop, whose S3 half is loaded with the first parcel: a message needs none of it. */
import type { ByteRange, CallOptions, ParcelStore, PartInput } from '../drop.ts';

/** S3's limits: parts of an upload, bytes of every part but the last, bytes of an object. */
export const MAX_PARTS = 10_000;
export const MIN_PART_BYTES = 5 * 1024 * 1024;
export const PARCEL_BYTES = 5 * 1024 ** 4;

export interface ClosableParcels extends ParcelStore {
  close(): void;
}

export class LazyParcels implements ParcelStore {
  readonly maxParts = MAX_PARTS;
  readonly minPartBytes = MIN_PART_BYTES;
  readonly #load: () => Promise<ClosableParcels>;
  #store: Promise<ClosableParcels> | undefined;

  constructor(load: () => Promise<ClosableParcels>) {
    this.#load = load;
  }

  async create(key: string, options?: CallOptions): Promise<string> {
    return (await this.#open()).create(key, options);
  }

  async putPart(key: string, ticket: string, part: PartInput, options?: CallOptions): Promise<string> {
    return (await this.#open()).putPart(key, ticket, part, options);
  }

  async complete(key: string, ticket: string, receipts: readonly string[], options?: CallOptions): Promise<void> {
    return (await this.#open()).complete(key, ticket, receipts, options);
  }

  async abort(key: string, ticket: string, options?: CallOptions): Promise<void> {
    return (await this.#open()).abort(key, ticket, options);
  }

  async *get(key: string, range: ByteRange, options?: CallOptions): AsyncGenerator<Uint8Array> {
    yield* (await this.#open()).get(key, range, options);
  }

  async remove(key: string, options?: CallOptions): Promise<void> {
    return (await this.#open()).remove(key, options);
  }

  async close(): Promise<void> {
    if (this.#store !== undefined) (await this.#store).close();
  }

  #open(): Promise<ClosableParcels> {
    this.#store ??= this.#load();
    return this.#store;
  }
}

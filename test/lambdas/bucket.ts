/** A bucket of the embedded cloud that holds what a test puts there, and the stores behind it to look into. */
import { randomBytes } from 'node:crypto';
import { type EmbeddedCloud, startCloud } from '../../client/cloud/index.ts';
import type { ListingS3Store } from '../../client/cloud/listings.ts';
import { makeStores } from '../../client/cloud/stores.ts';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';
import type { Role } from '../../client/protocol/roles.ts';

const HOUR = 3_600_000;

export class TestBucket implements AsyncDisposable {
  readonly cloud: EmbeddedCloud;
  readonly name: string;
  /** What the function is run with. */
  readonly env: Readonly<Record<string, string>>;
  readonly #store: ListingS3Store;

  private constructor(cloud: EmbeddedCloud, name: string, store: ListingS3Store) {
    this.cloud = cloud;
    this.name = name;
    this.env = { ...cloud.env, BUCKET: name };
    this.#store = store;
  }

  static async make(): Promise<TestBucket> {
    const stores = makeStores('us-east-1');
    const cloud = await startCloud({ stores });
    return new TestBucket(cloud, cloud.makeChannel({ a: 'alice', b: 'bob' }).bucket, stores.s3Store);
  }

  put(key: string): void {
    this.#store.putObject(this.name, key, Buffer.from('x'));
  }

  remove(key: string): void {
    this.#store.deleteObject(this.name, key);
  }

  /** Puts parcels that may go after one of `hours` from now, in turn, half of them of each side. */
  fill(count: number, hours: readonly number[]): string[] {
    const now = Date.now();
    const keys = Array.from({ length: count }, (_, index) => {
      const hour = hours[index % hours.length] ?? 0;
      const role: Role = index < count / 2 ? 'a' : 'b';
      return formatParcelKey(role, now + hour * HOUR, randomBytes(16));
    });
    for (const key of keys) this.put(key);
    return keys;
  }

  /** An upload that nobody has gone on with for so long, in milliseconds. */
  startUpload(key: string, age: number): string {
    const uploadId = randomBytes(16).toString('hex');
    const [contentType, initiated] = ['binary/octet-stream', new Date(Date.now() - age)];
    const upload = { uploadId, bucket: this.name, key, contentType, metadata: {}, parts: new Map(), initiated };
    this.#store.restoreMultipartUpload(upload);
    return uploadId;
  }

  keys(): Set<string> {
    const { objects } = this.#store.listObjects(this.name, { maxKeys: Number.POSITIVE_INFINITY });
    return new Set(objects.map(({ key }) => key));
  }

  uploads(): string[] {
    return this.#store.uploadsIn(this.name).map(({ uploadId }) => uploadId);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cloud.close();
  }
}

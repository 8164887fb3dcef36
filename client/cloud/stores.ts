/**
 * What the embedded cloud keeps, and where. The emulator's own stores are used, with what they need to be right here:
 * queue URLs that hold the port of today, and persistence that survives a message being shown again.
 *
 * The emulator exports only its starter, which listens on all interfaces; so its modules are imported by path.
 */
import { join } from 'node:path';
import { PersistenceManager } from '../../node_modules/fauxqs/dist/persistence.js';
import { FileS3Persistence } from '../../node_modules/fauxqs/dist/s3/fileS3Persistence.js';
import type { S3Object } from '../../node_modules/fauxqs/dist/s3/s3Types.js';
import { SnsStore } from '../../node_modules/fauxqs/dist/sns/snsStore.js';
import { type SqsQueue, SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';
import { ListingS3Store } from './listings.ts';

export const ACCOUNT = '000000000000';

export interface Stores {
  readonly sqsStore: LocalSqsStore;
  readonly snsStore: SnsStore;
  readonly s3Store: ListingS3Store;
}

/** Names every queue by this server's own address, whatever was stored or asked for. */
export class LocalSqsStore extends SqsStore {
  endpoint = '';

  urlOf(name: string): string {
    return `${this.endpoint}/${ACCOUNT}/${name}`;
  }

  override createQueue(
    name: string,
    _url: string,
    arn: string,
    attributes?: Record<string, string>,
    tags?: Record<string, string>,
  ): SqsQueue {
    return super.createQueue(name, this.urlOf(name), arn, attributes, tags);
  }

  override buildQueueUrl(queueName: string): string {
    return this.urlOf(queueName);
  }
}

export function makeStores(region: string): Stores {
  const sqsStore = new LocalSqsStore();
  sqsStore.region = region;
  return { sqsStore, snsStore: new SnsStore(), s3Store: new ListingS3Store() };
}

/**
 * Loads what an earlier run left in a folder and keeps every change there from now on: queues in SQLite, parcels as
 * files. The stores must be empty and know their endpoint. Returns what closes it.
 */
export function persistStores(stores: Stores, folder: string): () => void {
  const { sqsStore, snsStore, s3Store } = stores;
  const queues = new QueuePersistence(folder);
  const files = new FilePersistence(join(folder, 's3'));
  // Loading comes before the stores are told where to write, or it would write everything again.
  queues.loadSqsAndSns(sqsStore, snsStore);
  files.loadS3(s3Store);
  sqsStore.persistence = queues;
  snsStore.persistence = queues;
  s3Store.persistence = files;
  for (const queue of sqsStore.allQueues()) queue.persistence = queues;
  return () => {
    queues.close();
    files.close();
  };
}

/**
 * In fauxqs 2.4.1 `updateMessageReady` writes NULL into a column that is NOT NULL, so that setting a message's
 * visibility to zero fails. Here it becomes a lease that has run out, which loading takes for "ready".
 */
class QueuePersistence extends PersistenceManager {
  readonly #receives = new Map<string, number>();

  override updateMessageInflight(
    messageId: string,
    receiptHandle: string,
    visibilityDeadline: number,
    receiveCount: number,
    firstReceiveTimestamp: number | undefined,
  ): void {
    this.#receives.set(messageId, receiveCount);
    super.updateMessageInflight(messageId, receiptHandle, visibilityDeadline, receiveCount, firstReceiveTimestamp);
  }

  override updateMessageReady(messageId: string): void {
    super.updateMessageInflight(messageId, 'given back', 1, this.#receives.get(messageId) ?? 0, undefined);
  }

  override deleteMessage(messageId: string): void {
    this.#receives.delete(messageId);
    super.deleteMessage(messageId);
  }
}

/** The emulator reads a whole object for every range that is asked of it; the last one read is kept for the next. */
class FilePersistence extends FileS3Persistence {
  #last: { readonly bucket: string; readonly key: string; readonly body: Buffer } | undefined;

  override readBody(bucket: string, key: string): Buffer {
    if (this.#last?.bucket === bucket && this.#last.key === key) return this.#last.body;
    const body = super.readBody(bucket, key);
    this.#last = { bucket, key, body };
    return body;
  }

  override upsertObject(bucket: string, object: S3Object): void {
    this.#last = undefined;
    super.upsertObject(bucket, object);
  }

  override deleteObject(bucket: string, key: string): void {
    this.#last = undefined;
    super.deleteObject(bucket, key);
  }
}

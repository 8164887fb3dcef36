/** The AWS drop: envelopes through two FIFO queues of SQS, parcels through a bucket of S3. */
import type { DropError } from '../../errors.ts';
import { directionFrom, directionTo, type Role } from '../../protocol/roles.ts';
import { dropClosed } from '../closed.ts';
import type { CallOptions, CollectOptions, Delivery, Drop, DropLimits, Finding, Letter, ParcelStore } from '../drop.ts';
import type { Meter } from '../usage.ts';
import type { AwsAddress } from './address.ts';
import { collectLetters } from './collect.ts';
import type { Leases } from './leases.ts';
import { BATCH_BODIES, BATCH_BYTES, BODY_BYTES, leaveLetters } from './leave.ts';
import { LazyParcels, PARCEL_BYTES } from './parcels.ts';
import { Queues, type QueueUrls } from './queues.ts';
import { type AwsCredentials, type ClientSettings, clientSettings, type Timing } from './settings.ts';

export { type AwsAddress, awsDropId, parseAwsAddress, parseAwsUri } from './address.ts';
export type { QueueUrls } from './queues.ts';
export type { AwsCredentials, Timing } from './settings.ts';

export interface AwsDropOptions {
  readonly address: AwsAddress;
  readonly role: Role;
  /** Absent: the usual variables and profiles. */
  readonly credentials?: AwsCredentials;
  /** The message group of everything this side sends; `btrchat` for the original's wire. */
  readonly groupId?: string;
  /** `content` leaves deduplication to the queue, as the original btrchat does. Default `explicit`. */
  readonly deduplication?: 'explicit' | 'content';
  /** Seconds that a received message stays hidden without being renewed. Default 30. */
  readonly visibility?: number;
  /** Longest stay of a parcel in milliseconds: the bucket's lifecycle. Default 14 days. */
  readonly parcelStay?: number;
  /** Waits and tries, where they are to differ from the defaults. */
  readonly timing?: Partial<Timing>;
  /** Told of queue URLs that were looked up, so that they can be stored and the look-up spared the next time. */
  readonly onResolved?: (urls: QueueUrls) => void;
  /** Told of every failure that waiting for messages survives. */
  readonly onTrouble?: (error: DropError) => void;
  /** Counts every attempt at a request. */
  readonly meter?: Meter | undefined;
}

/** As long as others wait for what a collector held that was killed. */
const VISIBILITY = 30;
const PARCEL_STAY = 14 * 86_400_000;
/** One constant per direction would tell no more than one for all: each queue has one direction only. */
const GROUP = 'btr';

export function openAwsDrop(options: AwsDropOptions): Drop {
  return new AwsDrop(options);
}

class AwsDrop implements Drop {
  readonly kind = 'aws';
  readonly limits: DropLimits;
  readonly parcels?: ParcelStore;
  readonly #options: AwsDropOptions;
  readonly #queues: Queues;
  readonly #closing = new AbortController();
  readonly #held = new Set<Leases>();
  readonly #lazyParcels: LazyParcels | undefined;

  constructor(options: AwsDropOptions) {
    const { address, credentials, timing, meter } = options;
    const settings = { ...clientSettings(address, credentials, timing), meter };
    this.#options = options;
    this.#queues = new Queues(address, settings, options.onResolved);
    this.#lazyParcels = address.bucket === undefined ? undefined : lazyParcels(address, address.bucket, settings);
    if (this.#lazyParcels !== undefined) this.parcels = this.#lazyParcels;
    this.limits = {
      bodyBytes: BODY_BYTES,
      batchBodies: BATCH_BODIES,
      batchBytes: BATCH_BYTES,
      parcelBytes: address.bucket === undefined ? 0 : PARCEL_BYTES,
      parcelStay: options.parcelStay ?? PARCEL_STAY,
    };
  }

  leave(letters: readonly Letter[], { signal }: CallOptions = {}): Promise<void> {
    const { role, groupId, deduplication } = this.#options;
    const style = { groupId: groupId ?? GROUP, deduplication: deduplication ?? 'explicit' };
    return leaveLetters(this.#queues, directionFrom(role), style, letters, signal);
  }

  /** Closing the drop ends every collection that waits. */
  collect({ wait, signal }: CollectOptions): AsyncIterable<readonly Delivery[]> {
    const { role, visibility, onTrouble } = this.#options;
    const style = { visibility: visibility ?? VISIBILITY, held: this.#held, onTrouble };
    const either = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
    return collectLetters(this.#queues, directionTo(role), style, { wait, signal: either });
  }

  async check({ signal }: CallOptions = {}): Promise<readonly Finding[]> {
    const { checkDrop } = await import('./check.ts');
    return checkDrop(this.#queues, this.#options.address, this.#options.role, signal);
  }

  async close(): Promise<void> {
    this.#closing.abort(dropClosed());
    await Promise.all([...this.#held].map((leases) => leases.end()));
    this.#queues.close();
    await this.#lazyParcels?.close();
  }
}

function lazyParcels(address: AwsAddress, bucket: string, settings: ClientSettings): LazyParcels {
  return new LazyParcels(async () => {
    const { S3Parcels } = await import('./s3.ts');
    return new S3Parcels(address, bucket, settings);
  });
}

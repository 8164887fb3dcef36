/** The Azure drop: envelopes through two queues, parcels through two containers of a storage account. */
import type { DropError } from '../../errors.ts';
import { directionFrom, directionTo, type Role } from '../../protocol/roles.ts';
import { dropClosed } from '../closed.ts';
import type { CallOptions, CollectOptions, Delivery, Drop, Finding, Letter, ParcelStore } from '../drop.ts';
import type { Access } from './access.ts';
import type { AzureAddress } from './address.ts';
import { collectLetters } from './collect.ts';
import type { Leases } from './leases.ts';
import { leaveLetters } from './leave.ts';
import { batchBodies, bodyBytes, maxParts, minPartBytes, parcelBytes, parcelStay } from './limits.ts';
import { Queues } from './queues.ts';
import type { Transport } from './transport.ts';

export interface AzureDropOptions {
  readonly address: AzureAddress;
  readonly role: Role;
  readonly access: Access;
  /** Closed with the drop. */
  readonly transport: Transport;
  /** Seconds that a received message stays hidden without being renewed. Default 30. */
  readonly visibility?: number;
  /** Told of every failure that waiting for messages survives. */
  readonly onTrouble?: ((error: DropError) => void) | undefined;
}

/** As long as others wait for what a collector held that was killed. */
const usualVisibility = 30;

export class AzureDrop implements Drop {
  readonly kind = 'azure';
  readonly limits = { bodyBytes, batchBodies, batchBytes: batchBodies * bodyBytes, parcelBytes, parcelStay };
  readonly parcels: ParcelStore;
  readonly #options: AzureDropOptions;
  readonly #queues: Queues;
  readonly #closing = new AbortController();
  readonly #held = new Set<Leases>();
  #store: Promise<ParcelStore> | undefined;

  constructor(options: AzureDropOptions) {
    this.#options = options;
    this.#queues = new Queues(options.address, options.access, options.transport);
    const store = () => this.#openStore();
    this.parcels = {
      maxParts,
      minPartBytes,
      create: async (...call) => (await store()).create(...call),
      putPart: async (...call) => (await store()).putPart(...call),
      complete: async (...call) => (await store()).complete(...call),
      abort: async (...call) => (await store()).abort(...call),
      remove: async (...call) => (await store()).remove(...call),
      async *get(...call) {
        yield* (await store()).get(...call);
      },
    };
  }

  leave(letters: readonly Letter[], { signal }: CallOptions = {}): Promise<void> {
    return leaveLetters(this.#queues, directionFrom(this.#options.role), letters, signal);
  }

  /** Closing the drop ends every collection that waits. */
  collect({ wait, signal }: CollectOptions): AsyncIterable<readonly Delivery[]> {
    const { role, visibility = usualVisibility, onTrouble } = this.#options;
    const style = { visibility, held: this.#held, onTrouble };
    const either = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
    return collectLetters(this.#queues, directionTo(role), style, { wait, signal: either });
  }

  async check({ signal }: CallOptions = {}): Promise<readonly Finding[]> {
    const [{ checkDrop }, { Containers }] = await Promise.all([import('./check.ts'), import('./containers.ts')]);
    const { address, access, transport, role } = this.#options;
    return checkDrop(this.#queues, new Containers(address, access, transport), role, signal);
  }

  async close(): Promise<void> {
    this.#closing.abort(dropClosed());
    await Promise.all([...this.#held].map((leases) => leases.end()));
    this.#options.transport.close();
  }

  #openStore(): Promise<ParcelStore> {
    const { address, access, transport } = this.#options;
    this.#store ??= Promise.all([import('./parcels.ts'), import('./containers.ts')]).then(
      ([{ BlobParcels }, { Containers }]) => new BlobParcels(new Containers(address, access, transport)),
    );
    return this.#store;
  }
}

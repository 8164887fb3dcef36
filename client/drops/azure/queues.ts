/** The two queues of a drop, as one side reaches them. */
import { newPipeline, type Pipeline, QueueClient } from '@azure/storage-queue';
import type { Direction } from '../../protocol/roles.ts';
import { type Access, placeUrl } from './access.ts';
import { type AzureAddress, endpointsOf, queueOf } from './address.ts';
import { guarded } from './calls.ts';
import type { Attempt } from './errors.ts';
import type { Transport } from './transport.ts';

export class Queues {
  readonly transport: Transport;
  readonly access: Access;
  readonly #address: AzureAddress;
  readonly #pipeline: Pipeline;

  constructor(address: AzureAddress, access: Access, transport: Transport) {
    this.transport = transport;
    this.access = access;
    this.#address = address;
    this.#pipeline = newPipeline(access.credential, transport.pipelineOptions);
    this.#pipeline.factories.push(transport.policy);
  }

  client(direction: Direction): QueueClient {
    const name = queueOf(this.#address, direction);
    return new QueueClient(placeUrl(endpointsOf(this.#address).queue, name, direction, this.access), this.#pipeline);
  }

  attempt(action: string, direction: Direction): Attempt {
    return { action, resource: `queue ${queueOf(this.#address, direction)}`, by: this.access.by };
  }

  /** @throws DropError, or the signal's abort reason. */
  call<T>(
    action: string,
    direction: Direction,
    signal: AbortSignal | undefined,
    run: (client: QueueClient, options: { abortSignal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const options = signal ? { abortSignal: signal } : {};
    return guarded(this.attempt(action, direction), signal, () => run(this.client(direction), options));
  }
}

/** The two containers of a drop, as one side reaches them. Apart from the queues: a message needs none of the blob SDK. */
import { ContainerClient, newPipeline, type Pipeline } from '@azure/storage-blob';
import type { Role } from '../../protocol/roles.ts';
import { type Access, placeUrl } from './access.ts';
import { type AzureAddress, containerOf, endpointsOf } from './address.ts';
import { guarded } from './calls.ts';
import type { Attempt } from './errors.ts';
import type { Transport } from './transport.ts';

export class Containers {
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

  client(role: Role): ContainerClient {
    const name = containerOf(this.#address, role);
    return new ContainerClient(placeUrl(endpointsOf(this.#address).blob, name, role, this.access), this.#pipeline);
  }

  attempt(action: string, role: Role): Attempt {
    return { action, resource: `container ${containerOf(this.#address, role)}`, by: this.access.by };
  }

  /** @throws DropError, or the signal's abort reason. */
  call<T>(
    action: string,
    role: Role,
    signal: AbortSignal | undefined,
    run: (client: ContainerClient, options: { abortSignal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const options = signal ? { abortSignal: signal } : {};
    return guarded(this.attempt(action, role), signal, () => run(this.client(role), options));
  }
}

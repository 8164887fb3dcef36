/** A drop on Azurite with a SAS set for each side, and clients that ask as somebody who holds one. */
import { ContainerClient } from '@azure/storage-blob';
import { isRestError, QueueClient, StorageSharedKeyCredential } from '@azure/storage-queue';
import { parseConnectionString } from '../../client/drops/azure/account.ts';
import {
  type AzureAddress,
  containerOf,
  endpointsOf,
  parseAzureAddress,
  queueOf,
} from '../../client/drops/azure/address.ts';
import { makeSet } from '../../client/drops/azure/keys.ts';
import { azureKind } from '../../client/drops/azure/kind.ts';
import { type SasSet, sasQuery } from '../../client/drops/azure/sas-set.ts';
import { errorCode } from '../../client/errors.ts';
import type { Direction, Role } from '../../client/protocol/roles.ts';
import { Azurite } from '../tools/azurite.ts';
import { withVariables } from './variables.ts';

/** Nothing that names an account. */
export const bareAzure = {
  AZURE_STORAGE_CONNECTION_STRING: '',
  AZURE_STORAGE_ACCOUNT: '',
  AZURE_STORAGE_KEY: '',
  AZURE_CLIENT_ID: '',
  AZURE_TENANT_ID: '',
};

export class AzureAccount implements AsyncDisposable {
  readonly azurite: Azurite;
  readonly #variables: Disposable;

  private constructor(azurite: Azurite) {
    this.azurite = azurite;
    this.#variables = withVariables({ ...bareAzure, AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString });
  }

  static async start(): Promise<AzureAccount> {
    return new AzureAccount(await Azurite.start());
  }

  /** A new drop, as each side holds it. */
  async drop(): Promise<Record<Role, AzureAddress>> {
    const a = parseAzureAddress(await azureKind.settle(azureKind.parseUri('azure', 'a'), 'a'));
    return { a, b: { ...a, credentials: await makeSet(a, 'b', {}) } };
  }

  get owner(): StorageSharedKeyCredential {
    const { name, key = '' } = parseConnectionString(this.azurite.connectionString);
    return new StorageSharedKeyCredential(name, key);
  }

  ownersQueue(address: AzureAddress, direction: Direction): QueueClient {
    return new QueueClient(`${endpointsOf(address).queue}/${queueOf(address, direction)}`, this.owner);
  }

  ownersContainer(address: AzureAddress, role: Role): ContainerClient {
    return new ContainerClient(`${endpointsOf(address).blob}/${containerOf(address, role)}`, this.owner);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#variables[Symbol.dispose]();
    await this.azurite[Symbol.asyncDispose]();
  }
}

/** @param as the place that the set's signature is of, where it is not the one that is asked. */
export function queueWith(set: SasSet, address: AzureAddress, direction: Direction, as = direction): QueueClient {
  return new QueueClient(`${endpointsOf(address).queue}/${queueOf(address, direction)}?${sasQuery(set, as, false)}`);
}

export function containerWith(set: SasSet, address: AzureAddress, role: Role, as = role): ContainerClient {
  return new ContainerClient(`${endpointsOf(address).blob}/${containerOf(address, role)}?${sasQuery(set, as, false)}`);
}

export function setOf({ credentials }: AzureAddress): SasSet {
  if (credentials) return credentials;
  throw new Error('the address holds no SAS set');
}

/** What came of a request: `done`, `refused`, or the service's code for anything else. */
export async function outcome(request: () => Promise<unknown>): Promise<string> {
  try {
    await request();
    return 'done';
  } catch (error) {
    if (isRestError(error) && (error.statusCode === 403 || error.statusCode === 401)) return 'refused';
    return errorCode(error) ?? String(error);
  }
}

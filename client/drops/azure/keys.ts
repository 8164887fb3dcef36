/**
 * What the owner of the account does: making a drop's queues and containers, and SAS sets for its two sides. Each set
 * rests on a stored access policy at all four places ("Define a stored access policy": at most five each), and taking
 * these away revokes it.
 */
import { randomInt } from 'node:crypto';
import { SASProtocol as BlobProtocol, generateBlobSASQueryParameters } from '@azure/storage-blob';
import { generateQueueSASQueryParameters, SASProtocol } from '@azure/storage-queue';
import { SetupError } from '../../errors.ts';
import { type Direction, directionFrom, type Role } from '../../protocol/roles.ts';
import type { DropKeyInfo } from '../registry.ts';
import { ownersAccess, signer } from './access.ts';
import { accountFor } from './account.ts';
import { type AzureAddress, containerOf, endpointsOf, queueOf } from './address.ts';
import { Containers } from './containers.ts';
import { Queues } from './queues.ts';
import { isSetId, makeSasSet, roleOfSet, type SasPlace, type SasSet, sasPlaces, sasVersion } from './sas-set.ts';
import { Transport } from './transport.ts';

/** Most stored access policies on one queue or container. */
const mostPolicies = 5;
/** Milliseconds that a set is good for where it is not to end before: until it is revoked, that is. */
const longestLife = 10 * 365 * 86_400_000;
const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';

interface Policy {
  readonly id: string;
  readonly accessPolicy: { readonly startsOn?: Date; readonly expiresOn?: Date; readonly permissions?: string };
}

interface Owner {
  readonly address: AzureAddress;
  readonly queues: Queues;
  readonly containers: Containers;
  readonly signal: AbortSignal | undefined;
}

export interface MakeSetOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds since 1970 after which it opens nothing. Absent: it lasts until it is revoked. */
  readonly until?: number | undefined;
}

/** Works with the owner's rights. @throws SetupError `no-azure-account`. @throws DropError. */
async function asOwner<T>(
  address: AzureAddress,
  signal: AbortSignal | undefined,
  work: (owner: Owner) => Promise<T>,
): Promise<T> {
  const transport = new Transport();
  try {
    const access = await ownersAccess(accountFor(address), transport);
    const queues = new Queues(address, access, transport);
    return await work({ address, queues, containers: new Containers(address, access, transport), signal });
  } finally {
    transport.close();
  }
}

/** Makes the queues and containers that are not there yet. */
export async function makePlaces(address: AzureAddress, signal?: AbortSignal): Promise<void> {
  return asOwner(address, signal, async ({ queues, containers }) => {
    for (const direction of ['a-to-b', 'b-to-a'] as const) {
      await queues.call('make queues', direction, signal, (client, options) => client.createIfNotExists(options));
    }
    for (const role of ['a', 'b'] as const) {
      await containers.call('make containers', role, signal, (client, options) => client.createIfNotExists(options));
    }
  });
}

/** @throws SetupError `too-many-keys`, with the living ones; `needs-account-key`. */
export async function makeSet(address: AzureAddress, role: Role, { signal, until }: MakeSetOptions): Promise<SasSet> {
  const key = signer(accountFor(address));
  const id = `${role}${Array.from({ length: 19 }, () => alphabet[randomInt(alphabet.length)]).join('')}`;
  const expiresOn = new Date(until ?? Date.now() + longestLife);
  return asOwner(address, signal, async (owner) => {
    const before = await readPolicies(owner);
    for (const [place, policies] of before) assertRoom(policies, place, address);
    try {
      for (const [place, policies] of before) {
        const added: Policy = { id, accessPolicy: { expiresOn, permissions: rights(place, role) } };
        await writePolicies(owner, place, [...policies.filter(isLiving), added]);
      }
    } catch (error) {
      await removeSet(address, id);
      throw error;
    }
    const { queue, blob } = endpointsOf(address);
    return makeSasSet(id, (place) => {
      const common = { identifier: id, version: sasVersion };
      if (isDirection(place)) {
        const protocol = queue.startsWith('https:') ? { protocol: SASProtocol.Https } : {};
        return generateQueueSASQueryParameters({ ...common, ...protocol, queueName: queueOf(address, place) }, key)
          .signature;
      }
      const protocol = blob.startsWith('https:') ? { protocol: BlobProtocol.Https } : {};
      const containerName = containerOf(address, place);
      return generateBlobSASQueryParameters({ ...common, ...protocol, containerName }, key).signature;
    });
  });
}

/** The sets of a side. @throws SetupError `needs-account-key`: Azure lets no Entra identity read or set policies. */
export async function listSets(
  address: AzureAddress,
  role: Role,
  signal?: AbortSignal,
): Promise<readonly DropKeyInfo[]> {
  signer(accountFor(address));
  return asOwner(address, signal, async (owner) => {
    const policies = [...(await readPolicies(owner)).values()].flat();
    const sets = Map.groupBy(
      policies.filter(({ id }) => roleOfSet(id) === role),
      ({ id }) => id,
    );
    return [...sets].map(([id, itsPolicies]) => ({ id, active: itsPolicies.every(isLiving) }));
  });
}

/** Revokes a set; one that is gone is no error. Azure may take half a minute until nothing takes it any more. */
export async function removeSet(address: AzureAddress, id: string, signal?: AbortSignal): Promise<void> {
  signer(accountFor(address));
  return asOwner(address, signal, async (owner) => {
    for (const [place, policies] of await readPolicies(owner)) {
      const others = policies.filter((policy) => policy.id !== id);
      if (others.length < policies.length) await writePolicies(owner, place, others);
    }
  });
}

/**
 * The least that a side needs. Of the queue that it sends on: add. Of the one that it collects from: process, and
 * update, which is what hides a message for longer. Of its own container: write, since blocks are not for who may only
 * create, and delete, to recall; of the other one: read and delete, to burn.
 */
function rights(place: SasPlace, role: Role): string {
  if (isDirection(place)) return place === directionFrom(role) ? 'a' : 'up';
  return place === role ? 'wd' : 'rd';
}

function isDirection(place: SasPlace): place is Direction {
  return place === 'a-to-b' || place === 'b-to-a';
}

async function readPolicies({ queues, containers, signal }: Owner): Promise<Map<SasPlace, Policy[]>> {
  const policies = new Map<SasPlace, Policy[]>();
  for (const place of sasPlaces) {
    const { signedIdentifiers } = isDirection(place)
      ? await queues.call('read access policies', place, signal, (client, options) => client.getAccessPolicy(options))
      : await containers.call('read access policies', place, signal, (client, options) =>
          client.getAccessPolicy(options),
        );
    policies.set(place, signedIdentifiers);
  }
  return policies;
}

async function writePolicies({ queues, containers, signal }: Owner, place: SasPlace, policies: readonly Policy[]) {
  const list = [...policies];
  if (isDirection(place)) {
    await queues.call('write access policies', place, signal, (client, options) =>
      client.setAccessPolicy(list, options),
    );
    return;
  }
  await containers.call('write access policies', place, signal, (client, options) =>
    client.setAccessPolicy(undefined, list, options),
  );
}

/** One of ours that is over makes room; what others put there stays. */
function isLiving({ id, accessPolicy: { expiresOn } }: Policy): boolean {
  return !isSetId(id) || expiresOn === undefined || expiresOn.getTime() > Date.now();
}

function assertRoom(policies: readonly Policy[], place: SasPlace, address: AzureAddress): void {
  const living = policies.filter(isLiving);
  if (living.length < mostPolicies) return;
  const own = address.credentials?.id;
  const named = living.map(({ id }) => (id === own ? `${id} (this home's own)` : id));
  const [command, name] = isDirection(place)
    ? ['queue', `--queue-name ${queueOf(address, place)}`]
    : ['container', `--container-name ${containerOf(address, place)}`];
  throw new SetupError(`The drop has as many SAS sets as Azure allows: ${named.join(', ')}.`, {
    code: 'too-many-keys',
    hint: `Revoke one that is not in use: az storage ${command} policy delete ${name} --name ID, and so for both queues and both containers.`,
  });
}

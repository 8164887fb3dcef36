/**
 * Where an Azure drop is: in a storage account, two one-way queues and two containers, one that side a writes and side
 * b reads, and one for the reverse. Each side has a container of its own, so that a right to a container is the least.
 */
import { UsageError } from '../../errors.ts';
import type { Direction, Role } from '../../protocol/roles.ts';
import { readSasSet, type SasSet } from './sas-set.ts';

/** Base URLs of an account's two services, without a slash at the end. */
export interface Endpoints {
  readonly queue: string;
  readonly blob: string;
}

export interface AzureAddress {
  readonly kind: 'azure';
  readonly account: string;
  /** The middle of the names of its queues and containers. */
  readonly name: string;
  /** Absent: those of Azure's public cloud. */
  readonly endpoints?: Endpoints;
  /** Whoever opens the drop uses this set alone. Absent: the account that the environment names. */
  readonly credentials?: SasSet;
}

const accountName = /^[a-z0-9]{3,24}$/;
/** With what stands around it, a name of a queue ("Naming queues and metadata") and of a container. */
const dropName = /^(?=.{1,40}$)[a-z0-9]+(-[a-z0-9]+)*$/;
const longestEndpoint = 256;

export function queueOf({ name }: AzureAddress, direction: Direction): string {
  return `btr-${name}-${direction}`;
}

/** The container that the side with this role writes. */
export function containerOf({ name }: AzureAddress, role: Role): string {
  return `btr-${name}-${role}`;
}

export function endpointsOf({ account, endpoints }: Pick<AzureAddress, 'account' | 'endpoints'>): Endpoints {
  return endpoints ?? publicEndpoints(account, 'core.windows.net');
}

export function publicEndpoints(account: string, suffix: string): Endpoints {
  return { queue: `https://${account}.queue.${suffix}`, blob: `https://${account}.blob.${suffix}` };
}

export function isAccountName(value: unknown): value is string {
  return typeof value === 'string' && accountName.test(value);
}

/** The same for both sides of a drop. */
export function azureDropId({ account, name }: AzureAddress): string {
  return `${account}/${name}`;
}

/** Reads an address as it was stored or handed over. @throws UsageError with code `bad-address`. */
export function parseAzureAddress(value: unknown): AzureAddress {
  const { kind, account, name, endpoints, credentials } = record(value, 'the address', [
    'kind',
    'account',
    'name',
    'endpoints',
    'credentials',
  ]);
  if (kind !== 'azure') throw badAddress('its kind is not azure');
  if (!isAccountName(account)) throw badAddress('it names no storage account');
  return {
    kind,
    account,
    name: parseName(name),
    ...(endpoints === undefined ? {} : { endpoints: parseEndpoints(endpoints) }),
    ...(credentials === undefined ? {} : { credentials: parseCredentials(credentials) }),
  };
}

/** @throws UsageError with code `bad-address`. */
export function parseName(name: unknown): string {
  if (typeof name === 'string' && dropName.test(name)) return name;
  throw badAddress('its name is not of up to 40 small letters, digits and single hyphens');
}

/** @throws UsageError with code `bad-address`. */
export function parseEndpoints(value: unknown): Endpoints {
  const { queue, blob } = record(value, 'its endpoints', ['queue', 'blob']);
  return { queue: parseEndpoint(queue), blob: parseEndpoint(blob) };
}

function parseEndpoint(value: unknown): string {
  const url = typeof value === 'string' && value.length <= longestEndpoint ? URL.parse(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) throw badAddress('an endpoint is no URL');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw badAddress('an endpoint holds more than a host and a path');
  }
  return url.href.replace(/\/+$/, '');
}

function parseCredentials(value: unknown): SasSet {
  const set = readSasSet(value);
  if (set === undefined) throw badAddress('its credentials are no SAS set');
  return set;
}

function record(value: unknown, what: string, known: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badAddress(`${what} is not an object`);
  if (Object.keys(value).some((name) => !known.includes(name)))
    throw badAddress(`${what} has a part that is not known`);
  return { ...value };
}

export function badAddress(what: string): UsageError {
  return new UsageError(`The address of an Azure drop can't be used: ${what}.`, {
    code: 'bad-address',
    hint: 'Write azure, or azure:NAME for a drop that is there already; the account comes from its connection string.',
  });
}

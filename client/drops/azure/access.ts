/** By which right a drop is used: the SAS set that came with it, else what this home's environment says. */
import { AnonymousCredential, StorageSharedKeyCredential } from '@azure/storage-queue';
import { SetupError } from '../../errors.ts';
import { type Account, accountFor } from './account.ts';
import type { AzureAddress } from './address.ts';
import { type TokenSource, tokenSource } from './identity.ts';
import { type SasPlace, type SasSet, sasQuery } from './sas-set.ts';
import type { Transport } from './transport.ts';

export interface Access {
  readonly by: 'set' | 'key' | 'identity';
  readonly credential: AnonymousCredential | StorageSharedKeyCredential | TokenSource;
  /** What signs a URL; the other two sign requests. */
  readonly set?: SasSet;
}

/** @throws SetupError `no-azure-account` where there is no right to be found. */
export async function accessTo(address: AzureAddress, transport: Transport): Promise<Access> {
  const { credentials: set } = address;
  if (set) return { by: 'set', credential: new AnonymousCredential(), set };
  return ownersAccess(accountFor(address), transport);
}

export async function ownersAccess({ name, key }: Account, transport: Transport): Promise<Access> {
  if (key === undefined) return { by: 'identity', credential: await tokenSource(transport) };
  return { by: 'key', credential: new StorageSharedKeyCredential(name, key) };
}

/** What signs a SAS and may see to its policy. @throws SetupError `needs-account-key` where only an Entra identity is at hand. */
export function signer({ name, key }: Account): StorageSharedKeyCredential {
  if (key !== undefined) return new StorageSharedKeyCredential(name, key);
  throw new SetupError(
    'A SAS that can be revoked is made and revoked with the key of the storage account, not by an Entra identity.',
    {
      code: 'needs-account-key',
      hint: "Give the account's connection string, or AZURE_STORAGE_KEY; or let your buddy use an Entra identity of their own.",
    },
  );
}

/** The URL of a queue or container, with its SAS where access is by one. */
export function placeUrl(endpoint: string, name: string, place: SasPlace, { set }: Access): string {
  const url = `${endpoint}/${name}`;
  return set ? `${url}?${sasQuery(set, place, endpoint.startsWith('https:'))}` : url;
}

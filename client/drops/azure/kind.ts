/** The Azure drop as the registry knows it. Address: AzureAddress. What needs Azure's SDK is loaded when it is used. */
import { randomBytes } from 'node:crypto';
import { SetupError, UsageError } from '../../errors.ts';
import type { DropKey, DropKeys, DropKind } from '../registry.ts';
import { ownersAccount, placeIn } from './account.ts';
import { azureDropId, badAddress, parseAzureAddress, parseName } from './address.ts';
import { azureConsent } from './consent.ts';
import { bodyBytes } from './limits.ts';
import { isSetId, readSasSet } from './sas-set.ts';

const keys: DropKeys = {
  removedBy: 'owner',
  async create(address, role, { signal, until } = {}) {
    const { makeSet } = await import('./keys.ts');
    return makeSet(parseAzureAddress(address), role, { signal, until });
  },
  async list(address, role, { signal } = {}) {
    const { listSets } = await import('./keys.ts');
    return listSets(parseAzureAddress(address), role, signal);
  },
  async remove(address, _role, id, by, { signal } = {}) {
    if (!isSetId(id)) throw badKey();
    if (by === 'own') throw notByItself();
    const { removeSet } = await import('./keys.ts');
    await removeSet(parseAzureAddress(address), id, signal);
  },
  async untilUsable(address, role, { signal } = {}) {
    const { untilUsable } = await import('./new-set.ts');
    await untilUsable(parseAzureAddress(address), role, signal);
  },
  withKey: (address, key) => ({ ...parseAzureAddress(address), credentials: parseKey(key) }),
  keyId: (address) => parseAzureAddress(address).credentials?.id,
  parseKey,
  withUser() {
    throw badAddress('it has no users; a SAS set is for a side');
  },
};

export const azureKind: DropKind = {
  bodyBytes,
  /** `azure:` alone is a new drop. */
  parseUri(uri) {
    const name = uri.replace(/^azure:?/, '') || randomBytes(5).toString('hex');
    return { ...placeIn(ownersAccount(), parseName(name)) };
  },
  async open(address, { role, onTrouble }) {
    const [{ AzureDrop }, { Transport }, { accessTo }] = await Promise.all([
      import('./azure-drop.ts'),
      import('./transport.ts'),
      import('./access.ts'),
    ]);
    const place = parseAzureAddress(address);
    const transport = new Transport();
    return new AzureDrop({ address: place, role, access: await accessTo(place, transport), transport, onTrouble });
  },
  id: async (address) => azureDropId(parseAzureAddress(address)),
  /** An address that holds a set already needs nothing of the account. An Entra identity goes without a set. */
  async settle(address, role) {
    const place = parseAzureAddress(address);
    if (place.credentials) return { ...place };
    const { makePlaces } = await import('./keys.ts');
    await makePlaces(place);
    if (ownersAccount().key === undefined) return { ...place };
    const settled = keys.withKey({ ...place }, await keys.create({ ...place }, role));
    await keys.untilUsable(settled, role);
    return settled;
  },
  describe(address) {
    const { account, name, endpoints } = parseAzureAddress(address);
    const at = endpoints ? ` at ${new URL(endpoints.queue).host}` : '';
    return `azure account ${account}${at}, ${name}`;
  },
  parse: (value) => ({ ...parseAzureAddress(value) }),
  async share(address) {
    const { credentials: _, ...place } = parseAzureAddress(address);
    return place;
  },
  consent: (address) => azureConsent(parseAzureAddress(address)),
  keys,
  async expire(address, options) {
    const { expireContainers } = await import('./expire.ts');
    return expireContainers(parseAzureAddress(address), options);
  },
};

function parseKey(value: unknown): DropKey {
  const set = readSasSet(value);
  if (set) return { id: set.id, secret: set.secret };
  throw badKey();
}

function badKey(): UsageError {
  return new UsageError("That is no key to an Azure drop: it's cut, altered, or another drop's.", {
    code: 'bad-key',
    hint: 'Ask for it again.',
  });
}

function notByItself(): SetupError {
  return new SetupError('A SAS set of Azure can not revoke itself.', {
    code: 'owner-only',
    hint: 'Whoever owns the storage account revokes it.',
  });
}

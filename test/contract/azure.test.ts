/** On Azurite, as two sides, each with the SAS set that the owner of the account made for it and nothing more. */
import { after } from 'node:test';
import { giveAccount } from '../../client/drops/azure/account.ts';
import { parseAzureAddress } from '../../client/drops/azure/address.ts';
import { makeSet } from '../../client/drops/azure/keys.ts';
import { azureKind } from '../../client/drops/azure/kind.ts';
import { Azurite } from '../tools/azurite.ts';
import { dropContract } from './drop-contract.ts';

const azurite = await Azurite.start();
after(() => azurite[Symbol.asyncDispose]());
giveAccount(azurite.connectionString);

dropContract('azure', async () => {
  const mine = await azureKind.settle(azureKind.parseUri('azure', 'a'), 'a');
  const shared = await azureKind.share(mine, 'b');
  const theirs = { ...shared, credentials: await makeSet(parseAzureAddress(shared), 'b', {}) };
  return {
    open: async (role) => azureKind.open(role === 'a' ? mine : theirs, { role, style: 'btr' }),
    close: async () => undefined,
  };
});

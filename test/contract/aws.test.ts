/** As alice and bob, each with the policy that the stack gives them and nothing more. */
import { openAwsDrop } from '../../client/drops/aws/index.ts';
import { Account, deployment, userOf } from '../tools/guard/account.ts';
import { dropContract } from './drop-contract.ts';

const channel = deployment('alice', 'bob');

dropContract('aws', async () => {
  const account = await Account.start(channel);
  const credentials = {
    a: account.guard.keyFor(userOf(channel, 'alice')),
    b: account.guard.keyFor(userOf(channel, 'bob')),
  };
  return {
    open: async (role) =>
      openAwsDrop({ address: account.address(channel, role), role, credentials: credentials[role] }),
    close: () => account[Symbol.asyncDispose](),
  };
});

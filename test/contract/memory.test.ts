import { createMemoryCloud } from '../../client/drops/memory/cloud.ts';
import { dropContract } from './drop-contract.ts';

dropContract('memory', async () => {
  const cloud = createMemoryCloud();
  return { open: async (role) => cloud.drop(role), close: async () => {} };
});

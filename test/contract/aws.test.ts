import { startCloud } from '../../client/cloud/index.ts';
import { openAwsDrop } from '../../client/drops/aws/index.ts';
import { dropContract } from './drop-contract.ts';

dropContract('aws', async () => {
  const cloud = await startCloud();
  const { address } = cloud.makeChannel({ a: 'alice', b: 'bob' });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return {
    open: async (role) => openAwsDrop({ address, role, credentials }),
    close: () => cloud.close(),
  };
});

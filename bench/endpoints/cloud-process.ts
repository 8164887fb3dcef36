/** The embedded cloud, with a channel for btr and one whose queue and bucket the peers use. */
import { startCloud } from '../../client/cloud/index.ts';
import { dropUris, serve } from './answering.ts';

const cloud = await startCloud();
const { queues, bucket } = cloud.makeChannel({ a: 'alice', b: 'bob' });
const spare = cloud.makeChannel({ a: 'peer', b: 'other' });
serve(
  {
    env: cloud.env,
    spare: { queue: spare.address.queues['a-to-b'], bucket: spare.bucket },
    drops: dropUris(queues['a-to-b'], queues['b-to-a'], `,bucket=${bucket}`),
  },
  () => cloud.calls(),
);

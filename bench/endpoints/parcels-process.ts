/** The embedded cloud with a bucket full of parcels. Arguments: how many, and how many of them have passed their time. */
import { randomBytes } from 'node:crypto';
import { startCloud } from '../../client/cloud/index.ts';
import { makeStores } from '../../client/cloud/stores.ts';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';
import { dropUris, serve } from './answering.ts';

const HOUR = 3_600_000;
/** Over how many hours the parcels are spread, on either side of now. */
const SPREAD = 14 * 24;

const [parcels = 0, stale = 0] = process.argv.slice(2).map(Number);
const stores = makeStores('us-east-1');
const cloud = await startCloud({ stores });
const { address, bucket, queues } = cloud.makeChannel({ a: 'alice', b: 'bob' });
const now = Date.now();
for (let number = 0; number < parcels; number++) {
  const hours = 1 + (number % SPREAD);
  const expiresAt = now + (number < stale ? -hours : hours) * HOUR;
  const key = formatParcelKey(number % 2 === 0 ? 'a' : 'b', expiresAt, randomBytes(16));
  stores.s3Store.putObject(bucket, key, Buffer.from('x'));
}
serve(
  {
    env: cloud.env,
    spare: { queue: address.queues['a-to-b'], bucket },
    drops: dropUris(queues['a-to-b'], queues['b-to-a'], `,bucket=${bucket}`),
  },
  () => cloud.calls(),
);

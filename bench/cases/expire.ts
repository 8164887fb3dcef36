/** What removing stale parcels costs in a bucket that is full of fresh ones. */
import type { Bench } from '../bench.ts';
import type { Case, Row } from '../case.ts';
import { startEndpoint, total } from '../endpoints/endpoint.ts';
import { run } from '../processes.ts';

interface Cost {
  readonly requests: number;
  readonly seconds: number;
}

export const expire: Case = {
  name: 'expire',
  about:
    'One run of the expiry function in a bucket of 100,000 parcels, of which 1,000 have passed their time: requests, counted by the embedded cloud, and the whole process, most of which is the cloud listing. Beside it programs with the SDK that list everything and delete what has passed, by the thousand or one by one.',
  async run(bench) {
    const { parcels, stale } = bench.sizes.expire;
    const { expiry, sdkExpire } = bench.peers;
    const ours = await cost(bench, 'btr', [expiry], (stdout) => Number(JSON.parse(stdout).Removed));
    const batches = await cost(bench, 'batches', [sdkExpire, 'batches'], Number);
    const each = await cost(bench, 'each', [sdkExpire, 'each'], Number);
    const limit = 20 + Math.ceil(stale / 1_000);
    const row = (name: string, unit: string, of: (cost: Cost) => number): Row => ({
      name,
      unit,
      ours: of(ours),
      peers: { 'list all, delete by the thousand': of(batches), 'list all, delete each': of(each) },
    });
    const requests = row('expire', 'requests', (one) => one.requests);
    const aim = { text: `at most ${limit} of ${parcels} parcels`, met: requests.ours <= limit };
    return [{ ...requests, aim }, row('expire (time)', 's', (one) => one.seconds)];
  },
};

/** Each with a bucket of its own. @param removed reads from what it printed how many it removed. */
async function cost(
  bench: Bench,
  name: string,
  args: readonly string[],
  removed: (stdout: string) => number,
): Promise<Cost> {
  bench.say(`expire, ${name}`);
  const { parcels, stale } = bench.sizes.expire;
  const cloud = await startEndpoint('parcels', [String(parcels), String(stale)]);
  try {
    const { bucket } = cloud.spare;
    const { env } = bench.btr([], { ...cloud.env, BUCKET: bucket });
    const { seconds, stdout } = await run({ file: process.execPath, args: [...args, bucket], env });
    if (removed(stdout) !== stale) throw new Error(`${name} removed ${stdout} of ${stale} parcels`);
    return { seconds, requests: total(await cloud.calls()) };
  } finally {
    await cloud.close();
  }
}

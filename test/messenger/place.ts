/**
 * Where a test's cloud keeps what it is given: in memory or, with BTR_TEST_DROP=account, in an account with the
 * policies of the deployed stack. Asked in this place only; the scenarios don't know.
 */
import type { MemoryCloud } from '../../client/drops/memory/cloud.ts';

/** Answers the cloud once drops of that place can be had of it. */
export const inPlace: (cloud: MemoryCloud) => Promise<MemoryCloud> = await choose(process.env.BTR_TEST_DROP);

async function choose(place = 'memory') {
  if (place === 'account') return (await import('./account-cloud.ts')).inAccount;
  if (place === 'memory') return async (cloud: MemoryCloud) => cloud;
  throw new RangeError(`BTR_TEST_DROP is ${place}, neither memory nor account`);
}

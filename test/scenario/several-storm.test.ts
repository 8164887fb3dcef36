/** A seeded part of the storms; `npm run soak` has longer ones. */
import test from 'node:test';
import { dropPolicies } from '../../client/drops/several/index.ts';
import { seed } from '../tools/seed.ts';
import { endure } from './several-storm.ts';

for (const policy of dropPolicies) {
  test(`storm: with policy ${policy} everything comes once and in order while drops die and come back`, async (t) => {
    t.diagnostic(`BTR_SEED=${seed}`);
    await endure({ policy, messages: 400, parcels: 4, seed });
  });
}

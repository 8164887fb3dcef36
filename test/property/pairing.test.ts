/** A seeded part of the properties of pairing; `npm run soak` runs many more. */
import test from 'node:test';
import { seed } from '../tools/seed.ts';
import { pairingProperties } from './pairing.ts';

for (const { name, check } of pairingProperties) {
  test(`property: ${name}`, async (t) => {
    t.diagnostic(`BTR_SEED=${seed}`);
    await check(40, seed);
  });
}

/** A seeded part of the properties; `npm run soak` runs many more. */
import test from 'node:test';
import { seed } from '../tools/seed.ts';
import { properties } from './properties.ts';

for (const { name, cost = 1, check } of properties) {
  test(`property: ${name}`, async (t) => {
    t.diagnostic(`BTR_SEED=${seed}`);
    await check(200 / cost, seed);
  });
}

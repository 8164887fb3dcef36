/** A seeded part of the properties; `npm run soak` runs many more. */
import test from 'node:test';
import { chooseSeed, properties } from './properties.ts';

const seed = chooseSeed();

for (const { name, cost = 1, check } of properties) {
  test(`property: ${name}`, async (t) => {
    t.diagnostic(`BTR_SEED=${seed}`);
    await check(200 / cost, seed);
  });
}

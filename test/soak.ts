/**
 * `npm run soak`: the properties of test/property in full numbers. `npm run soak -- 5000` runs so many schedules of
 * each; BTR_SEED repeats a run.
 */
import { chooseSeed, properties } from './property/properties.ts';

/** A run that fails after this many schedules can be found again without waiting for all those before it. */
const chunk = 1000;

const wanted = Number(process.argv[2] ?? 100_000);
const first = chooseSeed();

for (const { name, check } of properties) {
  for (let done = 0; done < wanted; done += chunk) {
    const seed = first + done;
    const runs = Math.min(chunk, wanted - done);
    process.stdout.write(`${name}: ${done + runs} of ${wanted}, BTR_SEED=${seed}\n`);
    await check(runs, seed);
  }
}

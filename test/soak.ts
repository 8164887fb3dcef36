/**
 * `npm run soak`: what CI runs a seeded part of, in full numbers. `npm run soak -- 5000 50` runs 5,000 schedules of
 * each property, a tenth as many mutants of each wire type and messages of each storm, and 50 kills and schedules of
 * setbacks of each kind; BTR_SEED repeats a run.
 */
import { spawnSync } from 'node:child_process';
import { dropPolicies } from '../client/drops/several/index.ts';
import { pairingProperties } from './property/pairing.ts';
import { properties } from './property/properties.ts';
import { checkMutants } from './protocol/mutants.ts';
import { wireTypes } from './protocol/wire-types.ts';
import { endure } from './scenario/several-storm.ts';
import { anotherSeed } from './tools/seed.ts';

/** A run that fails after this many schedules can be found again without waiting for all those before it. */
const chunk = 1000;
const killTests = [
  'test/kill/messages.test.ts',
  'test/kill/files.test.ts',
  'test/contract/folder-kill.test.ts',
  'test/contract/sftp-kill.test.ts',
  'test/kill/pairing.test.ts',
  'test/scenario/restored-chance.test.ts',
];

const schedules = Number(process.argv[2] ?? 100_000);
const kills = Number(process.argv[3] ?? 1000);
const first = anotherSeed();

if (kills > 0) {
  const env = { ...process.env, BTR_KILLS: String(kills), BTR_SETBACKS: String(kills), BTR_SEED: String(first) };
  process.stdout.write(`kills: ${kills}, BTR_SEED=${first}\n`);
  const { status } = spawnSync(process.execPath, ['--test', ...killTests], { env, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

const mutants = Math.ceil(schedules / 10);
for (const type of await wireTypes()) {
  process.stdout.write(`mutants of ${type.name}: ${mutants}, BTR_SEED=${first}\n`);
  await checkMutants(type, mutants, first);
}

for (const policy of dropPolicies) {
  const storm = { policy, messages: Math.ceil(schedules / 10), parcels: 20 };
  process.stdout.write(`storm with policy ${policy}: ${storm.messages} messages, BTR_SEED=${first}\n`);
  await endure({ ...storm, seed: first });
}

for (const { name, check } of [...properties, ...pairingProperties]) {
  for (let done = 0; done < schedules; done += chunk) {
    const seed = first + done;
    const runs = Math.min(chunk, schedules - done);
    process.stdout.write(`${name}: ${done + runs} of ${schedules}, BTR_SEED=${seed}\n`);
    await check(runs, seed);
  }
}

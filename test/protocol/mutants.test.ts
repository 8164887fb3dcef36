/** A seeded part of the mutants of each wire type; `npm run soak` tries 10,000 of each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frameKinds } from '../../client/protocol/frames.ts';
import { seed } from '../tools/seed.ts';
import { checkMutants, type WireType } from './mutants.ts';
import { wireTypes } from './wire-types.ts';

const runs = 300;

for (const type of await wireTypes()) {
  test(`mutants of ${type.name}: refused by name, or what their bytes say`, async (t) => {
    t.diagnostic(`BTR_SEED=${seed}`);
    await checkMutants(type, runs, seed);
  });
}

test('mutants: every kind of frame and every form of an envelope is among the types', async () => {
  const names = new Set((await wireTypes()).map(({ name }) => name));
  for (const kind of Object.keys(frameKinds)) assert.ok(names.has(`packet with ${kind}`));
  assert.equal([...names].filter((name) => name.startsWith('envelope ')).length, 6);
});

test('mutants: a reader that takes what it should not is found', async () => {
  const samples = [Buffer.from('one sample'), Buffer.from('another!!!')];
  const careless = { name: 'careless', samples, read: () => samples[0] ?? Buffer.alloc(0) };
  const kinds: WireType['kind'][] = ['authentic', 'encoding'];
  for (const kind of kinds) await assert.rejects(checkMutants({ ...careless, kind }, 100, seed), assert.AssertionError);
  const read = (bytes: Uint8Array) => {
    if (bytes.length !== 10) throw new TypeError('a crash');
    return bytes;
  };
  await assert.rejects(checkMutants({ name: 'crashing', samples, read, kind: 'encoding' }, 100, seed), /a crash/);
});

/**
 * Several drops keep the contract of one. What it says of order and of who holds a letter can hold only where every
 * letter goes by one drop: with `random` and `all` it is the messenger that puts them in order and drops repeats.
 */
import { suite } from 'node:test';
import { createMemoryCloud } from '../../client/drops/memory/cloud.ts';
import { type DropPolicy, openSeveral } from '../../client/drops/several/index.ts';
import { dropContract } from './drop-contract.ts';
import { parcelContract } from './parcel-contract.ts';
import { type DropPlace, TestPlace } from './tools.ts';

function makePlace(count: number, policy: DropPolicy): () => Promise<DropPlace> {
  return async () => {
    const clouds = Array.from({ length: count }, () => createMemoryCloud());
    const open: DropPlace['open'] = async (role) =>
      openSeveral({
        ways: clouds.map((cloud, index) => ({
          tag: `${index}`.repeat(16),
          name: `cloud ${index}`,
          bodyBytes: cloud.limits.bodyBytes,
          open: async () => cloud.drop(role),
        })),
        policy,
        meetingKey: Buffer.alloc(32, 7),
        now: () => Date.UTC(2026, 0, 1),
      });
    return { open, close: async () => {} };
  };
}

suite('several: one drop', () => dropContract('several', makePlace(1, 'first')));
suite('several: two drops, policy first', () => dropContract('several', makePlace(2, 'first')));
suite('several: three drops, policy meet', () => dropContract('several', makePlace(3, 'meet')));
for (const policy of ['random', 'all'] as const) {
  suite(`several: two drops, policy ${policy}`, () => {
    parcelContract('several', async () => new TestPlace(await makePlace(2, policy)()));
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cases } from '../../bench/cases/index.ts';
import { measure } from '../../bench/run.ts';
import type { Sizes } from '../../bench/sizes.ts';
import { noBrowser } from '../tools/browser.ts';
import { withoutSshd } from '../tools/sshd.ts';

const MiB = 1024 * 1024;
const tiny: Sizes = {
  starts: 1,
  pairings: 1,
  session: { messages: 20, rounds: 1 },
  lines: 500,
  loop: 5,
  idleSeconds: 0.2,
  latencies: 2,
  failovers: 1,
  parcelBytes: 3 * MiB,
  parcelRuns: 1,
  memoryBytes: { small: MiB, large: 3 * MiB },
  history: 100,
  interfaceHistory: 100,
  scrolled: 100,
  expire: { parcels: 300, stale: 20 },
};

// Every case with real processes; what comes out is checked by the cases themselves. No figure is looked at here.
test('every case runs from a fresh build and answers a row of its own name first', {
  timeout: 1_200_000,
}, async (t) => {
  const without = [...(withoutSshd ? ['sftp'] : []), ...(noBrowser ? ['web-start', 'web'] : [])];
  for (const reason of [withoutSshd, noBrowser]) if (reason) t.diagnostic(`without all rows: ${reason}`);
  const { rows } = await measure(cases, tiny, () => {});
  const expected = cases.filter(({ name }) => !without.includes(name));
  for (const { name } of expected) assert.ok(rows.some((row) => row.name === name));
  for (const row of rows) {
    assert.ok(cases.some(({ name }) => row.name === name || row.name.startsWith(`${name} (`)));
    for (const value of [row.ours, ...Object.values(row.peers)]) assert.ok(value >= 0 && Number.isFinite(value));
    assert.notEqual(row.unit, '');
  }
  for (const name of ['oneshot', 'messages', 'latency']) {
    assert.ok(Object.keys(rows.find((row) => row.name === name)?.peers ?? {}).length > 0);
  }
});

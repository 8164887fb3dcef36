/** What the kill tests share: how many kills, when, and what a home holds after one. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Chance } from '../../client/drops/memory/random.ts';
import type { Live } from '../tools/btr.ts';
import { seed } from '../tools/seed.ts';
import type { Stage } from '../tools/stage.ts';
import { stubRequests } from '../tools/stub.ts';

const allKills = Number(process.env.BTR_KILLS ?? 25);

/** This test's share of all kills, at least one. */
export function killCount(share: number): number {
  return Math.max(1, Math.round(allKills * share));
}

export function chanceFor(label: string): Chance {
  return new Chance(seed, label);
}

/** Time for so many kills, on a machine that is busy with other things too. */
export function timeFor(kills: number): { timeout: number } {
  return { timeout: 120_000 + kills * 10_000 };
}

/** Kills after a moment that may also pass before the process ends by itself; tells whether it was killed. */
export async function killAfter(live: Live, milliseconds: number): Promise<boolean> {
  await Promise.race([sleep(milliseconds), live.ended]);
  return (await live.kill('SIGKILL')).signal === 'SIGKILL';
}

/**
 * The stage's cloud, but what a killed process had taken is shown again after a second: a real queue keeps it hidden,
 * and everything behind it waiting, for half a minute.
 */
export async function impatientCloud(stage: Stage) {
  const cloud = await stage.cloud();
  return stubRequests(cloud.endpoint, (_action, body) =>
    body.replace(/"VisibilityTimeout":[1-9]\d*/g, '"VisibilityTimeout":1'),
  );
}

/** Tidying a channel's drops up, for those whose cloud has no function for it. */
import type { ExpiryReport } from '../drops/expiry.ts';
import { dropKind } from '../drops/registry.ts';
import { UsageError } from '../errors.ts';
import type { Channel } from '../store/channels.ts';
import { addressesOf, type Context } from './context.ts';

/** @throws UsageError `expires-itself`; DropError where a drop can't be looked at, or nothing may be removed. */
export async function expireDrop(
  context: Context,
  channel: Channel,
  signal: AbortSignal | undefined,
): Promise<ExpiryReport> {
  const reports: ExpiryReport[] = [];
  for (const drop of addressesOf(channel)) {
    const { expire } = await dropKind(drop.kind);
    if (expire) reports.push(await expire(drop, { now: context.now(), ...(signal ? { signal } : {}) }));
  }
  if (reports.length > 0) return reports.reduce(together);
  throw new UsageError(`A drop of kind ${channel.drop.kind} removes by itself what stayed past its time.`, {
    code: 'expires-itself',
  });
}

function together(one: ExpiryReport, other: ExpiryReport): ExpiryReport {
  return {
    removed: one.removed + other.removed,
    aborted: one.aborted + other.aborted,
    failed: one.failed + other.failed,
    finished: one.finished && other.finished,
  };
}

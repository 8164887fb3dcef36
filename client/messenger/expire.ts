/** Tidying a channel's drop up, for drops whose cloud has no function for it. */
import type { ExpiryReport } from '../drops/expiry.ts';
import { dropKind } from '../drops/registry.ts';
import { UsageError } from '../errors.ts';
import type { Channel } from '../store/channels.ts';
import type { Context } from './context.ts';

/** @throws UsageError `expires-itself`; DropError where the drop can't be looked at, or nothing may be removed. */
export async function expireDrop(
  context: Context,
  { drop }: Channel,
  signal: AbortSignal | undefined,
): Promise<ExpiryReport> {
  const { expire } = await dropKind(drop.kind);
  if (expire) return expire(drop, { now: context.now(), ...(signal ? { signal } : {}) });
  throw new UsageError(`A drop of kind ${drop.kind} removes by itself what stayed past its time.`, {
    code: 'expires-itself',
  });
}

/**
 * What one run says: a line of JSON that CloudWatch takes for a log entry and, without any permission, for metrics
 * (Amazon CloudWatch User Guide, "Embedded metric format specification"). Counts and names of errors, nothing else:
 * neither keys nor the names of a bucket or a buddy.
 */
import type { Outcome } from './expire.ts';

const NAMESPACE = 'btr/expire-drops';

export interface Timing {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** How long the run took. */
  readonly milliseconds: number;
}

/** One line without its end. */
export function reportLine(
  { removed, aborted, failed, finished, errors }: Outcome,
  { now, milliseconds }: Timing,
): string {
  const counts = { Removed: removed, Aborted: aborted, Failed: failed, Unfinished: finished ? 0 : 1 };
  const named = countsOf(errors.map(({ message }) => message));
  return JSON.stringify({ ...metricsOf(counts, now), ...counts, milliseconds, errors: named });
}

/** Of what there was: CloudWatch bills a metric for each hour in which it has a value, and most hours have none. */
function metricsOf(counts: Readonly<Record<string, number>>, now: number): object {
  const Metrics = Object.keys(counts)
    .filter((name) => counts[name] !== 0)
    .map((Name) => ({ Name, Unit: 'Count' }));
  if (Metrics.length === 0) return {};
  // No dimensions: a function's name holds those of the buddies.
  return { _aws: { Timestamp: now, CloudWatchMetrics: [{ Namespace: NAMESPACE, Dimensions: [[]], Metrics }] } };
}

function countsOf(names: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, { length }]) => [name, length]));
}

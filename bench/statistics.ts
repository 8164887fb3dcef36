/** Few numbers from many. */

/** The middle value; the mean of the two middle ones of an even count. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The value that this share of all values, in percent, does not pass (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil((share / 100) * sorted.length) - 1] ?? Number.NaN;
}

export type Measured = Map<string, number>;

/** What is measured: answers a figure. */
export type Measure = () => Promise<number>;

/**
 * Measures every contestant in turn, round by round, so that what else the machine does in the meantime falls on all
 * of them alike; answers their medians. A first round that does not count warms caches up.
 */
export async function interleaved(
  contestants: ReadonlyMap<string, Measure>,
  rounds: number,
  options: { readonly warmUp?: boolean; readonly onRound?: (round: number) => void } = {},
): Promise<Measured> {
  const values = new Map<string, number[]>([...contestants.keys()].map((name) => [name, []]));
  for (let round = options.warmUp === false ? 1 : 0; round <= rounds; round++) {
    options.onRound?.(round);
    for (const [name, measure] of contestants) {
      const value = await measure();
      if (round > 0) values.get(name)?.push(value);
    }
  }
  return new Map([...values].map(([name, list]) => [name, median(list)]));
}

/** The figure of one contestant. */
export function figure(measured: Measured, name: string): number {
  const value = measured.get(name);
  if (value === undefined) throw new Error(`nothing was measured of ${name}`);
  return value;
}

/** Everybody's figures but one's own, in order. */
export function peersIn(measured: Measured, own = 'btr'): Record<string, number> {
  return Object.fromEntries([...measured].filter(([name]) => name !== own));
}

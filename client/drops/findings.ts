/** Findings that every kind of drop measures, in the same words. */
import type { Finding } from './drop.ts';

/** Clocks further apart than this, in milliseconds, make expiries and signatures go wrong. */
const clockTolerance = 5 * 60_000;

/** @param took milliseconds from a small request to its answer. */
export function roundTripFinding(took: number): Finding {
  return { what: 'round trip', ok: true, text: `${took < 10 ? took.toFixed(1) : Math.round(took)} ms.` };
}

/** @param theirs the drop's clock and @param ours this machine's at the same moment, in milliseconds since 1970. */
export function clockFinding(theirs: number, ours: number): Finding {
  const apart = Math.abs(theirs - ours);
  if (apart <= clockTolerance) return { what: 'clock', ok: true, text: 'It agrees with ours.' };
  const minutes = Math.round(apart / 60_000);
  return { what: 'clock', ok: false, text: `It and ours are ${minutes} minutes apart: set both by network time.` };
}

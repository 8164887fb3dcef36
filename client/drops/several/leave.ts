/** Leaving letters by one of several drops, or by all of them. */
import type { Drop, DropLimits, Letter } from '../drop.ts';
import { bodyTooLarge } from './errors.ts';
import { race } from './race.ts';
import type { OpenWay } from './way.ts';
import type { Ways } from './ways.ts';

/** @throws DropError where no drop took them; the signal's reason. */
export async function leaveLetters(ways: Ways, letters: readonly Letter[], signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  for (const { letters: run, fitting, everywhere } of runsOf(ways, letters)) {
    const patience = ways.patience(bytesOf(run));
    await race(ways, {
      waves: ways.waves(fitting, everywhere),
      call: (drop, abort) => leaveBatches(drop, run, abort),
      signal,
      patience,
      ...(everywhere ? { grace: patience } : {}),
    });
  }
}

interface Run {
  readonly letters: Letter[];
  /** The ways that take bodies as large as these. */
  readonly fitting: readonly OpenWay[];
  readonly everywhere: boolean;
}

/** Letters in a row that may go the same way. @throws DropError before anything is left. */
function runsOf(ways: Ways, letters: readonly Letter[]): readonly Run[] {
  const runs: Run[] = [];
  for (const letter of letters) {
    const fitting = ways.list.filter(({ bodyBytes }) => letter.body.length <= bodyBytes);
    if (fitting.length === 0) throw bodyTooLarge(letter.body.length);
    const everywhere = ways.policy === 'all' || letter.everywhere === true;
    const last = runs.at(-1);
    if (last?.everywhere === everywhere && last.fitting.length === fitting.length) last.letters.push(letter);
    else runs.push({ letters: [letter], fitting, everywhere });
  }
  return runs;
}

/** A drop may take less at once than the others, and has only just been opened. */
async function leaveBatches(drop: Drop, letters: readonly Letter[], signal: AbortSignal): Promise<void> {
  for (const batch of batchesOf(letters, drop.limits)) await drop.leave(batch, { signal });
}

function batchesOf(letters: readonly Letter[], { batchBodies, batchBytes }: DropLimits): readonly Letter[][] {
  const batches: Letter[][] = [];
  let bytes = 0;
  for (const letter of letters) {
    const last = batches.at(-1);
    bytes += letter.body.length;
    if (last && last.length < batchBodies && bytes <= batchBytes) {
      last.push(letter);
    } else {
      batches.push([letter]);
      bytes = letter.body.length;
    }
  }
  return batches;
}

function bytesOf(letters: readonly Letter[]): number {
  return letters.reduce((sum, { body }) => sum + body.length, 0);
}

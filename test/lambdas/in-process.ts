/** Runs the handler in this process, where a test can put faults into its client; its environment is the process's. */
import assert from 'node:assert/strict';
import { mock } from 'node:test';

export type Report = Readonly<Record<'Removed' | 'Aborted' | 'Failed' | 'Unfinished', number>> & {
  readonly errors: Readonly<Record<string, number>>;
};

export interface Run {
  readonly report: Report;
  /** What the handler threw. */
  readonly error: unknown;
}

/** One run with all the time of the function. */
export async function run(): Promise<Run> {
  const { handler } = await import('../../lambdas/expire-drops/handler.ts');
  const lines: string[] = [];
  const { stdout } = process;
  const write = stdout.write.bind(stdout);
  // The test runner writes there, too.
  const caught = mock.method(stdout, 'write', (piece: string | Uint8Array) =>
    typeof piece === 'string' && piece.includes('"Removed":') ? lines.push(piece) > 0 : write(piece),
  );
  const error = await handler(undefined, { getRemainingTimeInMillis: () => 300_000 }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  caught.mock.restore();
  const [line = '', ...others] = lines;
  assert.deepEqual(others, []);
  return { report: JSON.parse(line), error };
}

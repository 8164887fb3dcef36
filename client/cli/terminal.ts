/** What a command talks with: standard streams, environment and the signal of Ctrl-C. Tests put their own in place. */
import type { Readable, Writable } from 'node:stream';
import { DiskFullError, errorCode, InterruptedError } from '../errors.ts';

export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(mode: boolean): unknown };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
  /**
   * Aborts, with an InterruptedError when the user wants to end, with OutputClosed when nobody reads stdout, with a
   * DiskFullError when stdout has no room.
   */
  readonly signal: AbortSignal;
}

/** Whether the terminal takes no control sequences. */
export function isDumb({ env }: Pick<Terminal, 'env'>): boolean {
  return env.TERM === 'dumb';
}

/** Whoever read our output has gone (`btr listen | head`): no failure, but nothing more to say. */
export class OutputClosed extends Error {
  constructor() {
    super('nobody reads the output any more');
    this.name = 'OutputClosed';
  }
}

/** What a file system answers that takes no more. */
const noRoom: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

function outputFull(cause: Error): DiskFullError {
  return new DiskFullError('The output is not whole: there is no room where it goes.', {
    hint: 'Free some space there and run it again.',
    cause,
  });
}

/** The process's own terminal. The first Ctrl-C (or SIGTERM, SIGHUP) aborts the signal, a second one ends at once. */
export function processTerminal(exit: (code: number) => never): Terminal {
  const interrupt = new AbortController();
  const onSignal = () => {
    const error = new InterruptedError();
    if (interrupt.signal.aborted) exit(error.exitCode);
    interrupt.abort(error);
  };
  const onClosed = (error: Error) =>
    interrupt.abort(noRoom.has(errorCode(error) ?? '') ? outputFull(error) : new OutputClosed());
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  process.stdout.on('error', onClosed);
  // Remarks that nobody reads are no reason to stop.
  process.stderr.on('error', () => {});
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    signal: interrupt.signal,
  };
}

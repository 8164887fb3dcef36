/** What a command talks with: standard streams, environment and the signal of Ctrl-C. Tests put their own in place. */
import type { Readable, Writable } from 'node:stream';
import { InterruptedError } from '../errors.ts';

export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(mode: boolean): unknown };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
  /** Aborts, with an InterruptedError when the user wants to end, with OutputClosed when nobody reads stdout. */
  readonly signal: AbortSignal;
}

/** Whoever read our output has gone (`btr listen | head`): no failure, but nothing more to say. */
export class OutputClosed extends Error {
  constructor() {
    super('nobody reads the output any more');
    this.name = 'OutputClosed';
  }
}

/** The process's own terminal. The first Ctrl-C (or SIGTERM, SIGHUP) aborts the signal, a second one ends at once. */
export function processTerminal(exit: (code: number) => never): Terminal {
  const interrupt = new AbortController();
  const onSignal = () => {
    const error = new InterruptedError();
    if (interrupt.signal.aborted) exit(error.exitCode);
    interrupt.abort(error);
  };
  const onClosed = () => interrupt.abort(new OutputClosed());
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

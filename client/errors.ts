/**
 * Every failure that a person may see is a BtrError: what happened, what to do next, and one exit code by kind.
 * Nothing here carries a secret: messages may name a channel, a file or a queue, never a key, a PIN or a text.
 */

/** The kinds of failure and the exit code each one ends the program with. */
export const exitCodes = {
  internal: 1,
  usage: 2,
  setup: 3,
  drop: 4,
  security: 5,
  timeout: 6,
  interrupted: 130,
} as const;

export type ErrorKind = keyof typeof exitCodes;

export interface ErrorDetails {
  /** Stable, for scripts: the `code` of the NDJSON error event, such as `no-such-channel`. */
  readonly code: string;
  /** What to do next, in plain words. */
  readonly hint?: string;
  readonly cause?: unknown;
}

export class BtrError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly hint: string | undefined;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'BtrError';
    this.kind = kind;
    this.code = details.code;
    this.hint = details.hint;
  }

  get exitCode(): number {
    return exitCodes[this.kind];
  }
}

/** The call was wrong: arguments, flags, input that no setting would make right. Exit code 2. */
export class UsageError extends BtrError {
  constructor(message: string, details: ErrorDetails) {
    super('usage', message, details);
  }
}

/** The home is not there, locked, of another version, or a passphrase or PIN is wrong. Exit code 3. */
export class SetupError extends BtrError {
  constructor(message: string, details: ErrorDetails) {
    super('setup', message, details);
  }
}

export interface DropErrorDetails extends ErrorDetails {
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;
}

/** The cloud, the network, credentials or a permission failed. Exit code 4. */
export class DropError extends BtrError {
  readonly retryable: boolean;

  constructor(message: string, details: DropErrorDetails) {
    super('drop', message, details);
    this.retryable = details.retryable;
  }
}

/** This machine's disk is full. Exit code 4, as for every place that takes no more. */
export class DiskFullError extends BtrError {
  constructor(message: string, details: Omit<ErrorDetails, 'code'>) {
    super('drop', message, { ...details, code: 'disk-full' });
  }
}

/** Something was forged, altered, replayed or is not what it claims to be. Exit code 5. */
export class SecurityError extends BtrError {
  constructor(message: string, details: ErrorDetails) {
    super('security', message, details);
  }
}

/** A wait that was asked for ended without what it waited for. Exit code 6. */
export class TimeoutError extends BtrError {
  constructor(message: string, details: ErrorDetails) {
    super('timeout', message, details);
  }
}

/** The user pressed Ctrl-C. Exit code 130. */
export class InterruptedError extends BtrError {
  constructor() {
    super('interrupted', 'Interrupted.', { code: 'interrupted' });
  }
}

/** The `code` of a system or library error (`ENOENT`, `EEXIST`, ...), if it has one. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The message of anything that was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What happened and what to do next, on one line. */
export function withHint({ message, hint }: BtrError): string {
  return hint === undefined ? message : `${message} ${hint}`;
}

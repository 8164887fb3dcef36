/** What goes wrong between the page and its server, as the page is told. */
import { BtrError, errorText } from '../errors.ts';
import type { ApiError } from './api.ts';

interface HttpErrorDetails {
  readonly code: string;
  readonly hint?: string;
  readonly reasons?: readonly string[];
}

/** A request that was refused, with the status of RFC 9110 section 15 that says so. */
export class HttpError extends BtrError {
  readonly status: number;
  readonly reasons: readonly string[] | undefined;

  constructor(status: number, message: string, { reasons, ...details }: HttpErrorDetails) {
    super('usage', message, details);
    this.status = status;
    this.reasons = reasons;
  }
}

/** A request that no page of ours makes. */
export function badRequest(what: string): HttpError {
  return new HttpError(400, what, { code: 'bad-request' });
}

const missing: ReadonlySet<string> = new Set(['no-such-channel', 'no-such-file']);

/** The status that tells the page what kind of failure this is; see api.ts. */
export function statusOf(error: unknown): number {
  if (error instanceof HttpError) return error.status;
  if (!(error instanceof BtrError)) return 500;
  if (missing.has(error.code)) return 404;
  if (error.kind === 'internal' || error.kind === 'interrupted') return 500;
  return error.kind === 'drop' || error.kind === 'timeout' ? 502 : 400;
}

export function apiError(error: unknown): ApiError {
  if (!(error instanceof BtrError)) return { code: 'internal', text: `A fault of btr: ${errorText(error)}` };
  const { code, message: text, hint } = error;
  const reasons = error instanceof HttpError ? error.reasons : undefined;
  return { code, text, ...(hint === undefined ? {} : { hint }), ...(reasons === undefined ? {} : { reasons }) };
}

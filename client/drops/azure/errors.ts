/**
 * Turns whatever the SDK or the network throws into a DropError: a plain sentence, the next step, and whether the same
 * call may succeed later by itself. Texts of the SDK are not passed on: they are pages long and hold signed URLs.
 */
import { BtrError, DropError, errorCode, errorText } from '../../errors.ts';
import { type Attempt, byCode, type Meaning, type MeaningName, meanings } from './meanings.ts';

export type { Attempt } from './meanings.ts';

/** Any failure of a call as a DropError; an error of ours stays as it is. */
export function toDropError(error: unknown, attempt: Attempt): BtrError {
  if (error instanceof BtrError) return error;
  const cause = slimCause(error);
  if (errorCode(error)?.startsWith('proxy-')) return proxyFailure(error, cause);
  const name = meaningOf(error);
  if (name === undefined) {
    return new DropError(`Azure refused to ${attempt.action} (${attempt.resource}, ${cause.message || 'no code'}).`, {
      code: 'azure-failure',
      hint: 'Run "btr doctor" to see what the drop lacks.',
      retryable: false,
      cause,
    });
  }
  const { code, retryable, text, hint }: Meaning = meanings[name];
  return new DropError(text(attempt), {
    code,
    retryable,
    hint: typeof hint === 'string' ? hint : hint(attempt),
    cause,
  });
}

/** The SDK hands on no more of the way's own error than its code and its sentence. */
function proxyFailure(error: unknown, cause: Error): DropError {
  const code = errorCode(error) ?? '';
  return new DropError(errorText(error), {
    code,
    hint: 'Check what --proxy or ALL_PROXY, HTTPS_PROXY and HTTP_PROXY say. Nothing goes past the proxy.',
    retryable: !['proxy-credentials', 'proxy-refused', 'proxy-bad-answer'].includes(code),
    cause,
  });
}

/** Whether the service answered with one of these codes of its own. */
export function isAnswer(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(answerCode(error) ?? '');
}

/** The service's code; an answer to HEAD has it in a header alone. */
function answerCode(error: unknown): string | undefined {
  const header = read(read(error, 'details'), 'errorCode');
  return errorCode(error) ?? (typeof header === 'string' ? header : undefined);
}

function meaningOf(error: unknown): MeaningName | undefined {
  const known = byCode[answerCode(error) ?? ''];
  if (known !== undefined) return known;
  // Of the SDK's own making where the caller has not given up: the time for an answer was over.
  if (error instanceof Error && error.name === 'AbortError') return 'noAnswer';
  // The classes of @azure/identity, which is not loaded for their sake.
  if (error instanceof Error && /^(Aggregate)?(Authentication|Credential)/.test(error.name)) return 'noIdentity';
  const status = read(error, 'statusCode');
  if (status === 401 || status === 403) return 'denied';
  if (status === 404 || status === 405) return 'notStorage';
  if (status === 413) return 'tooLarge';
  if (status === 429) return 'throttled';
  if (typeof status === 'number' && status >= 500) return 'service';
  return answerCode(error) === 'REQUEST_SEND_ERROR' ? 'lost' : undefined;
}

/** Code and status only: the SDK's own error holds the request, and with it the SAS. */
function slimCause(error: unknown): Error {
  const parts = [answerCode(error), read(error, 'statusCode')];
  return new Error(parts.filter((part) => part !== undefined).join(' '));
}

function read(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

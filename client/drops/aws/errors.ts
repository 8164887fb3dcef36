/**
 * Turns whatever the SDK or the network throws into a DropError: a plain sentence, the next step, and whether the same
 * call may succeed later by itself. Texts of the SDK are not passed on: they can be pages long or hold parts of keys.
 */
import { DropError, errorCode } from '../../errors.ts';
import { networkCodes } from '../network-codes.ts';
import { type Attempt, byName, type Meaning, type MeaningName, meanings } from './meanings.ts';

export type { Attempt } from './meanings.ts';

/** Any failure of a call as a DropError; one that is a DropError already stays as it is. */
export function toDropError(error: unknown, attempt: Attempt): DropError {
  if (error instanceof DropError) return error;
  const name = meaningOf(error);
  if (name === undefined) return unknownFailure(error, attempt);
  const meaning: Meaning = meanings[name];
  return new DropError(meaning.text(attempt), {
    code: meaning.code,
    hint: meaning.hint,
    retryable: meaning.retryable,
    cause: slimCause(error),
  });
}

/** A failed entry of a batch, as SQS reports it. */
export function entryError(
  code: string | undefined,
  senderFault: boolean,
  message: string,
  attempt: Attempt,
): DropError {
  const error = Object.assign(new Error(message), { name: code ?? 'InternalError' });
  const mapped = toDropError(error, attempt);
  if (mapped.code !== 'aws-failure' || senderFault) return mapped;
  return toDropError(Object.assign(new Error(message), { name: 'InternalError' }), attempt);
}

/** Whether the service answered that there is no such queue. */
export function isNoSuchQueue(error: unknown): boolean {
  return meaningOf(error) === 'noQueue' || (error instanceof DropError && error.code === meanings.noQueue.code);
}

/**
 * The failure to fetch a parcel. Who may not list a bucket is told "access denied" for what is not there. S3 names a
 * permission to principals of the bucket's own account: listing where the object is not there, else the one that is
 * missing (Amazon S3 User Guide, "Troubleshoot access denied (403 Forbidden) errors in Amazon S3").
 */
export function unavailableParcel(error: unknown, attempt: Attempt): DropError {
  const failure = toDropError(error, attempt);
  const named = error instanceof Error && error.message.includes(`not authorized to perform: ${attempt.action} `);
  if (failure.code !== meanings.denied.code || named) return failure;
  return new DropError(
    'The parcel is no longer in the drop (fetched and burned, recalled, or its time was over), or these credentials ' +
      'may not fetch it: S3 does not say which.',
    {
      code: meanings.noParcel.code,
      hint: 'Ask the sender to send it again. If no parcel can be fetched, run "btr doctor" and check the AWS profile.',
      retryable: false,
      cause: failure.cause,
    },
  );
}

function meaningOf(error: unknown): MeaningName | undefined {
  const name = errorName(error);
  const message = error instanceof Error ? error.message : '';
  if (/region is missing|region=""/i.test(message)) return 'noRegion';
  if (name === 'CredentialsProviderError' && /expired/i.test(message)) return 'expiredCredentials';
  const code = errorCode(error) ?? '';
  // The SDK calls every broken connection a TimeoutError; the system's code says what it was.
  if (name === 'TimeoutError' && networkCodes[code] !== undefined) return networkCodes[code];
  const named = byName[name] ?? byName[name.replace(/^.*[.#]/, '')];
  if (named === 'badSignature' && /expired|not yet current|skew/i.test(message)) return 'clock';
  if (named !== undefined) return named;
  if (/must be shorter|too long|EntityTooLarge/i.test(message)) return 'tooLarge';
  return networkCodes[code] ?? byAnswer(error, code);
}

/** For answers without a name of their own: an HTTP status, or something that could not be read as an answer. */
function byAnswer(error: unknown, code: string): MeaningName | undefined {
  const message = error instanceof Error ? error.message : '';
  const status = httpStatus(error);
  if (status === 403) return 'denied';
  if (status === 429) return 'throttled';
  if (status === 413) return 'tooLarge';
  if (status === 301 || status === 307) return 'wrongRegion';
  if (status !== undefined && status >= 500) return 'service';
  if (code.startsWith('HPE_') || error instanceof SyntaxError || error instanceof TypeError) return 'garbage';
  if (/checksum|deserializ|unparse?able|not valid (json|xml)|socket hang up/i.test(message)) {
    return /socket hang up/i.test(message) ? 'lost' : 'garbage';
  }
  // No error of AWS comes without a name of its own.
  return ['UnknownError', 'Unknown', 'Error', ''].includes(errorName(error)) && status !== undefined
    ? 'garbage'
    : undefined;
}

function unknownFailure(error: unknown, attempt: Attempt): DropError {
  return new DropError(
    `AWS refused ${attempt.action} on ${attempt.resource} (${errorName(error).slice(0, 80) || 'no name'}).`,
    {
      code: 'aws-failure',
      hint: 'Run "btr doctor" to see what the drop lacks.',
      retryable: false,
      cause: slimCause(error),
    },
  );
}

/** The service's own name for an error, such as `AccessDenied`; empty where it has none. */
export function errorName(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  // The SDK calls an answer whose name it does not know UnknownError; `Code` is then the service's own name.
  if ('Code' in error && typeof error.Code === 'string' && error.Code !== '') return error.Code;
  return 'name' in error && typeof error.name === 'string' ? error.name : '';
}

function httpStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

/** Name and status only: the SDK's own error can hold request details. */
function slimCause(error: unknown): Error {
  const parts = [errorName(error), errorCode(error), httpStatus(error)].filter(
    (part) => part !== undefined && part !== '',
  );
  return new Error(parts.join(' '));
}

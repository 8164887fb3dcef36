/** What several drops say when one or all of them fail. */
import { BtrError, DropError, errorText } from '../../errors.ts';

/** Codes of errors that are about what was asked, and say nothing against the drop that was asked. */
const answers = new Set([
  'bad-parcel-key',
  'bad-receipts',
  'body-too-large',
  'folder-file-too-large',
  'incomplete-upload',
  'no-parcels',
  'no-such-parcel',
  'no-such-upload',
  'parcel-too-large',
  'too-large',
  'wrong-parcel-length',
]);

export function isAnswer(error: DropError): boolean {
  return answers.has(error.code);
}

/** A drop that can't even be opened may say so with any error of ours. */
export function toDropError(error: unknown): DropError {
  if (error instanceof DropError) return error;
  const { code, hint } = error instanceof BtrError ? error : { code: 'drop-failed', hint: undefined };
  return new DropError(errorText(error), { code, retryable: false, cause: error, ...(hint ? { hint } : {}) });
}

/** The failure of one drop, told while others serve. */
export function inDrop(name: string, error: DropError): DropError {
  const { code, hint, retryable } = error;
  return new DropError(`${name}: ${error.message}`, { code, retryable, cause: error, ...(hint ? { hint } : {}) });
}

const slowCode = 'drop-slow';

export function slow(): DropError {
  return new DropError('It takes long to answer, so others are used meanwhile.', {
    code: slowCode,
    hint: 'Run "btr drop test" to see how long it takes.',
    retryable: true,
  });
}

export function isSlow(error: DropError): boolean {
  return error.code === slowCode;
}

/** One error for the failures of all drops that were asked, by their names. */
export function allFailed(failures: ReadonlyMap<{ readonly name: string }, DropError>): DropError {
  const errors = [...failures.values()];
  const [first] = errors;
  if (first === undefined) throw new RangeError('there is no failure without a drop');
  if (errors.every((error) => isAnswer(error) && error.code === first.code)) return first;
  if (errors.length === 1) return first;
  const told = [...failures].map(([{ name }, error]) => `${name}: ${error.message}`);
  return new DropError(`None of the channel's drops can be used now. ${told.join(' ')}`, {
    code: 'no-drop-reached',
    hint: 'Nothing is lost. Run "btr drop test" to see what is wrong with each.',
    retryable: errors.some(({ retryable }) => retryable),
    cause: first,
  });
}

export function closed(): DropError {
  return new DropError('The drops were closed.', { code: 'drop-closed', hint: 'Open them again.', retryable: false });
}

export function bodyTooLarge(bytes: number): DropError {
  return new DropError(`A body of ${bytes} bytes is more than any of the channel's drops takes.`, {
    code: 'body-too-large',
    hint: 'Send it as a file.',
    retryable: false,
  });
}

export function noParcels(name: string): DropError {
  return new DropError(`${name} keeps no files.`, {
    code: 'no-parcels',
    hint: 'Add a drop that does: a folder, a machine with sshd, or a cloud with a bucket.',
    retryable: false,
  });
}

import { DropError } from '../errors.ts';

/** What calls end with that are under way when their drop is closed, or made after that. */
export function dropClosed(): DropError {
  return new DropError('The drop was closed.', { code: 'drop-closed', hint: 'Open it again.', retryable: false });
}

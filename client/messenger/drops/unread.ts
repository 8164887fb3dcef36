/** A drop that is to be left, and can't be read any more. */
import { BtrError, DropError, type ErrorKind } from '../../errors.ts';

/** Others say that the call was wrong, or was given up. */
const ofThePlace: readonly ErrorKind[] = ['drop', 'setup', 'security'];

interface Leaving {
  /** Go on without what waits there. */
  readonly force: boolean | undefined;
  /** How a sentence on the drop begins. */
  readonly which: string;
  /** What `--force` is for. */
  readonly onward: string;
}

/** What keeps it from being read, where that is gone over. @throws BtrError `old-drop-unread`, or the error itself. */
export function unread(error: unknown, { force, which, onward }: Leaving): BtrError {
  if (!(error instanceof BtrError) || !ofThePlace.includes(error.kind)) throw error;
  if (force) return error;
  const text = `${which} can't be emptied, so nothing was changed. ${error.message}`;
  const details = { code: 'old-drop-unread', hint: `${error.hint ?? ''} ${onward}: --force`.trim(), cause: error };
  if (error instanceof DropError) throw new DropError(text, { ...details, retryable: error.retryable });
  throw new BtrError(error.kind, text, details);
}

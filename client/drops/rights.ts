/** Which rights somebody has in a cloud, told by questions that change nothing that anybody sees. */
import { BtrError, DropError, errorText } from '../errors.ts';
import type { Finding } from './drop.ts';

/** A question that asks for something that can't be: who has the right is told so, who has not is refused. */
export interface Probe {
  /** What somebody may do who gets past it. */
  readonly right: string;
  /** Rejects with a DropError where that is refused; resolves to the service's time where it told it. */
  run(signal: AbortSignal | undefined): Promise<Date | undefined>;
}

export interface Right {
  readonly finding: Finding;
  readonly theirs?: Date | undefined;
}

/** Of something that is needed. @throws the signal's abort reason. */
export async function neededRight({ right, run }: Probe, signal: AbortSignal | undefined): Promise<Right> {
  try {
    const theirs = await run(signal);
    return { finding: { what: right, ok: true, text: 'It may.' }, theirs };
  } catch (error) {
    signal?.throwIfAborted();
    const hint = error instanceof BtrError && error.hint !== undefined ? ` ${error.hint}` : '';
    return { finding: { what: right, ok: false, text: `${errorText(error)}${hint}` } };
  }
}

/**
 * Of what would let somebody see or do more: there a refusal is the good answer.
 * @param tell says what is wrong with rights that are there all the same, and what to do. @throws the signal's reason.
 */
export async function excessRights(
  excess: readonly Probe[],
  tell: (rights: string) => string,
  signal: AbortSignal | undefined,
): Promise<Finding> {
  const what = 'no more than needed';
  const allowed = await Promise.all(
    excess.map(async ({ right, run }) => {
      try {
        await run(signal);
        return [right];
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof DropError) return [];
        throw error;
      }
    }),
  );
  const rights = allowed.flat();
  if (rights.length === 0) return { what, ok: true, text: 'It may do nothing else that was tried.' };
  return { what, ok: false, text: tell(rights.join(', ')) };
}

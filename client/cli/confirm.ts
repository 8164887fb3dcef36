/** Asking before something can't be undone. */
import { createInterface } from 'node:readline/promises';
import { UsageError } from '../errors.ts';
import type { Running } from './command.ts';

/** @throws UsageError where the answer is not yes, or nobody is there to give one. */
export async function confirm({ terminal }: Running, yes: boolean | undefined, question: string): Promise<void> {
  if (yes) return;
  if (!terminal.stdin.isTTY) {
    throw new UsageError('This wants a yes.', { code: 'not-confirmed', hint: 'Run it on a terminal, or add --yes.' });
  }
  const prompt = createInterface({ input: terminal.stdin, output: terminal.stderr });
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal: terminal.signal });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    prompt.close();
  }
  throw new UsageError('Nothing was changed.', { code: 'not-confirmed' });
}

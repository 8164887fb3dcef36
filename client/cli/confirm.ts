/** Asking before something can't be undone. */
import { createInterface } from 'node:readline/promises';
import { UsageError } from '../errors.ts';
import type { Running } from './command.ts';

/** @throws UsageError where the answer is not yes, or nobody is there to give one. */
export function confirm(running: Running, yes: boolean | undefined, question: string): Promise<void> {
  return ask(running, yes, `${question} [y/N] `, /^y(es)?$/i);
}

/** Like `confirm`, for what would be worse: a whole word has to be typed. */
export function confirmByWord(
  running: Running,
  yes: boolean | undefined,
  question: string,
  word: string,
): Promise<void> {
  return ask(running, yes, `${question} Type ${word} to do it: `, new RegExp(`^${word}$`));
}

async function ask({ terminal }: Running, yes: boolean | undefined, question: string, wanted: RegExp): Promise<void> {
  if (yes) return;
  if (!terminal.stdin.isTTY) {
    throw new UsageError('This wants a yes.', { code: 'not-confirmed', hint: 'Run it on a terminal, or add --yes.' });
  }
  const prompt = createInterface({ input: terminal.stdin, output: terminal.stderr });
  try {
    const answer = await prompt.question(question, { signal: terminal.signal });
    if (wanted.test(answer.trim())) return;
  } finally {
    prompt.close();
  }
  throw new UsageError('Nothing was changed.', { code: 'not-confirmed' });
}

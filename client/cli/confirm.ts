/** Asking before something can't be undone, or where only a person can tell. */
import { createInterface } from 'node:readline/promises';
import { UsageError } from '../errors.ts';
import { visible } from '../ui/visible.ts';
import type { Running } from './command.ts';

const yesPattern = /^y(es)?$/i;

/** @throws UsageError where the answer is not yes, or nobody is there to give one. */
export function confirm(running: Running, yes: boolean | undefined, question: string): Promise<void> {
  return ask(running, yes, `${question} [y/N] `, yesPattern);
}

/** Asks for a yes to each of the reasons why a drop that somebody else named is not used without one. */
export async function consent(running: Running, yes: boolean | undefined, reasons: readonly string[]): Promise<void> {
  if (!yes && reasons.length > 0 && !running.terminal.stdin.isTTY) throw wantsYes(reasons.join('\n'));
  for (const reason of reasons) await confirm(running, yes, `${visible(reason)}\nUse it?`);
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

/** Asks on the terminal, where one is; anything but yes is no. */
export async function asksYes(running: Running, question: string): Promise<boolean> {
  return yesPattern.test(await answer(running, `${question} [y/N] `));
}

async function ask(running: Running, yes: boolean | undefined, question: string, wanted: RegExp): Promise<void> {
  if (yes) return;
  if (!running.terminal.stdin.isTTY) throw wantsYes();
  if (!wanted.test(await answer(running, question))) {
    throw new UsageError('Nothing was changed.', { code: 'not-confirmed' });
  }
}

function wantsYes(why?: string): UsageError {
  const next = 'Run it on a terminal, or add --yes.';
  return new UsageError('This wants a yes.', {
    code: 'not-confirmed',
    hint: why === undefined ? next : `${next}\n${why}`,
  });
}

async function answer({ terminal }: Running, question: string): Promise<string> {
  const prompt = createInterface({ input: terminal.stdin, output: terminal.stderr });
  try {
    return (await prompt.question(question, { signal: terminal.signal })).trim();
  } finally {
    prompt.close();
  }
}

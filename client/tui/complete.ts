/** What Tab does to what is being typed. */
import { type ChatHost, completeCommand, isCommand } from '../ui/commands.ts';
import { type Composer, replace } from './composer.ts';

export interface Completed {
  readonly composer: Composer;
  /** Empty where there is no choice. */
  readonly choices: readonly string[];
}

/** Undefined where nothing fits. */
export async function completeComposer(host: ChatHost, composer: Composer): Promise<Completed | undefined> {
  const line = composer.text.slice(0, composer.cursor);
  if (!isCommand(line)) return undefined;
  const { words, from } = await completeCommand(host, line);
  const [only] = words;
  if (only === undefined) return undefined;
  // A folder is where more may be typed.
  const isDone = words.length === 1 && !only.endsWith('/');
  return {
    composer: replace(composer, from, composer.cursor, isDone ? `${only} ` : commonStart(words)),
    choices: words.length > 1 ? words : [],
  };
}

function commonStart(words: readonly string[]): string {
  const [first = '', ...others] = words;
  let length = first.length;
  for (const word of others) while (!word.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}

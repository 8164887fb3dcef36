/**
 * The PIN of an invite: made here, told by voice, typed by the buddy, used once.
 *
 *     form     as shown       canonical      how many     a guess is right once in
 *     digits   048 213        048213         10^6         1,000,000
 *     words    abandon-zoo    abandon-zoo    2^22         4,194,304
 *
 * So few are enough because CPace gives nobody a second guess: a wrong one burns the invite, and nothing that was said
 * lets a PIN be tried offline. Of six digits, N invites in turn give N chances in a million.
 *
 * The words are the 2048 of BIP 39's English list, whose first four letters tell them apart. The list is loaded only
 * for words.
 */
import { randomInt } from 'node:crypto';

export type PinForm = 'digits' | 'words';

const digitsPattern = /^[0-9]{6}$/;
/** White space, and dashes of any length. */
const separators = /[\s\p{Pd}]+/u;
const prefixLetters = 4;

/**
 * A fresh PIN in its canonical form.
 * @param random a uniform integer from 0 to `max` - 1.
 */
export async function makePin(form: PinForm, random: (max: number) => number = randomInt): Promise<string> {
  if (form === 'digits') return String(random(10 ** 6)).padStart(6, '0');
  const words = await wordList();
  return [words.at(random(words.length)), words.at(random(words.length))].join('-');
}

/** A canonical PIN as people are shown it: `048 213`, `abandon-zoo`. */
export function showPin(pin: string): string {
  return digitsPattern.test(pin) ? `${pin.slice(0, 3)} ${pin.slice(3)}` : pin;
}

/**
 * The PIN that a person meant: upper case, spaces and dashes do not matter, nor does the rest of a word whose first
 * four letters are there. Two words need something between them.
 * @returns undefined where it can be no PIN at all: a slip that costs no guess.
 */
export async function canonicalPin(text: string): Promise<string | undefined> {
  // NFKC: some keyboards give digits and spaces of full width.
  const parts = text.normalize('NFKC').toLowerCase().split(separators).filter(Boolean);
  const digits = parts.join('');
  if (digitsPattern.test(digits)) return digits;
  const [first, second] = parts;
  if (first === undefined || second === undefined || parts.length > 2) return undefined;
  const words = await wordList();
  const [left, right] = [wordMeant(words, first), wordMeant(words, second)];
  return left === undefined || right === undefined ? undefined : `${left}-${right}`;
}

/**
 * The PIN as CPace takes it (its PRS), in a buffer of its own that can be wiped.
 * @param pin canonical: both sides must have the same bytes.
 */
export function pinBytes(pin: string): Uint8Array {
  return Uint8Array.from(pin, (character) => character.charCodeAt(0));
}

/** The word itself, or the one word that begins like this. */
function wordMeant(words: readonly string[], typed: string): string | undefined {
  if (words.includes(typed)) return typed;
  return typed.length < prefixLetters ? undefined : words.find((word) => word.startsWith(typed));
}

async function wordList(): Promise<readonly string[]> {
  const { wordlist } = await import('@scure/bip39/wordlists/english.js');
  return wordlist;
}

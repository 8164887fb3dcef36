/**
 * A safety number as words, easier to read to each other than 60 digits.
 *
 *     words = the first 132 bits of SHA-256("btr safety words " || the 60 digits), 11 bits each, highest first
 *
 * Why 132 bits suffice. Somebody in the middle shows each side a key of his own and needs both sides' words to be
 * alike. He chooses both keys, so he looks for a pair, not for one value: about 2^66 identity keys, each put through
 * the 5200 hash rounds of libsignal's fingerprint, 2^78 hashes in all. They help him only where he passed the pairing
 * as well, with one guess at the PIN. With one key of his own for a given pair of people he would need 2^132. The
 * digits are the stronger form: 99 bits for each person's key, to be met one by one.
 */
import { createHash } from 'node:crypto';

const wordCount = 12;
/** The list has 2048 words. */
const wordBits = 11;
const hashBits = 256;

/** @param digits a safety number: 60 decimal digits, no spaces. */
export async function safetyWords(digits: string): Promise<string[]> {
  if (!/^[0-9]{60}$/.test(digits)) throw new RangeError('a safety number has 60 digits');
  const { wordlist } = await import('@scure/bip39/wordlists/english.js');
  const hash = BigInt(`0x${createHash('sha256').update(`btr safety words ${digits}`).digest('hex')}`);
  return Array.from({ length: wordCount }, (_, index) => {
    const below = hashBits - wordBits * (index + 1);
    return Number(BigInt.asUintN(wordBits, hash >> BigInt(below)));
  }).flatMap((number) => wordlist.slice(number, number + 1));
}

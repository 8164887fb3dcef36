/**
 * A word on the channel's drops: the content of a kept frame of kind `drop`. JSON (RFC 8259) of one member:
 *
 *     {"add": address}     the sender listens there from now on; the address as the receiver needs it, a key included
 *     {"remove": tag}      the sender neither listens nor leaves anything there any more
 *
 * A tag is 16 hexadecimal digits, the same on both sides. What an address may hold is its kind's to say.
 */
import { malformed } from './bytes.ts';

/** So that no buddy fills a home with addresses. */
const longestWord = 8 * 1024;

export interface NamedAddress {
  readonly kind: string;
  readonly [key: string]: unknown;
}

export type DropWord = { readonly add: NamedAddress } | { readonly remove: string };

export function encodeDropWord(word: DropWord): Buffer {
  return Buffer.from(JSON.stringify(word));
}

/** @throws SecurityError with code `malformed`. */
export function decodeDropWord(bytes: Uint8Array): DropWord {
  const word = bytes.length <= longestWord ? parsed(bytes) : undefined;
  if (isDropWord(word)) return word;
  throw malformed('a word on a drop makes no sense');
}

export function isDropTag(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{16}$/.test(value);
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** Exactly one of the two. */
export function isDropWord(value: unknown): value is DropWord {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return false;
  if ('remove' in value) return isDropTag(value.remove);
  return 'add' in value && isAddress(value.add);
}

function isAddress(value: unknown): value is NamedAddress {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';
}

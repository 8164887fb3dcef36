/**
 * What stands in the file `key`: one JSON object with `version` 1, in one of three forms. Bytes are base64.
 *
 *     {version, key}                  the master key as it is
 *     {version, salt, nonce, key}     the master key wrapped by a passphrase
 *     {version, keyring}              the name of the keyring's entry that holds it
 *
 * Any of them may also name a `leftover`: a keyring entry that holds the key, too, and has to go.
 */
import { masterBytes, nonceBytes, saltBytes, sealedBytes, type WrappedKey } from './key-wrap.ts';

export type KeyForm =
  | { readonly form: 'open'; readonly key: Buffer }
  | { readonly form: 'wrapped'; readonly wrapped: WrappedKey }
  | { readonly form: 'keyring'; readonly entry: string };

export type StoredKey = KeyForm & { readonly leftover?: string };

export function formatKey(stored: StoredKey): string {
  const leftover = stored.leftover === undefined ? {} : { leftover: stored.leftover };
  return `${JSON.stringify({ version: 1, ...fieldsOf(stored), ...leftover })}\n`;
}

function fieldsOf(stored: KeyForm): Record<string, string> {
  switch (stored.form) {
    case 'open':
      return { key: stored.key.toString('base64') };
    case 'keyring':
      return { keyring: stored.entry };
    case 'wrapped': {
      const { salt, nonce, sealed } = stored.wrapped;
      return {
        salt: salt.toString('base64'),
        nonce: nonce.toString('base64'),
        key: sealed.toString('base64'),
      };
    }
  }
}

/** Absent where the text is not a whole key file of this version. */
export function parseKey(text: string): StoredKey | undefined {
  const fields = parseFields(text);
  if (fields?.get('version') !== 1) return undefined;
  const form = parseForm(fields);
  if (!form || !fields.has('leftover')) return form;
  const leftover = entryName(fields.get('leftover'));
  return leftover === undefined ? undefined : { ...form, leftover };
}

function parseForm(fields: Map<string, unknown>): KeyForm | undefined {
  const wraps = fields.has('salt') || fields.has('nonce');
  if (fields.has('keyring')) {
    const entry = wraps || fields.has('key') ? undefined : entryName(fields.get('keyring'));
    return entry === undefined ? undefined : { form: 'keyring', entry };
  }
  const key = decode(fields.get('key'), wraps ? sealedBytes : masterBytes);
  if (!wraps) return key && { form: 'open', key };
  const salt = decode(fields.get('salt'), saltBytes);
  const nonce = decode(fields.get('nonce'), nonceBytes);
  return key && salt && nonce && { form: 'wrapped', wrapped: { salt, nonce, sealed: key } };
}

function parseFields(text: string): Map<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function entryName(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value) ? value : undefined;
}

/** The bytes of a base64 text, where there are exactly so many. */
function decode(text: unknown, length: number): Buffer | undefined {
  if (typeof text !== 'string') return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === length && bytes.toString('base64') === text ? bytes : undefined;
}

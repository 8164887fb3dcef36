/**
 * From a PIN and a channel key to the keys of the suites `fernet` and `btrchat`.
 *
 * Both sides of `fernet` reach the same root = HKDF(Argon2id(PIN, salt), channel key). With a channel key the salt is
 * the key's id, and guessing the PIN offline needs the key file; without one the salt is the drop's id, and whoever
 * can read the queue can try PINs at the cost of one Argon2id each.
 */
import { createHash, randomBytes } from 'node:crypto';
import { SetupError, UsageError } from '../errors.ts';
import { fernetKeyBytes } from './fernet.ts';
import { deriveKey, stretch } from './keys.ts';

/** The suffix that btrchat ships with; everybody has it. */
const btrchatDefaultSuffix = 'Hvc6L5DAqES1234DvoM8bMiIduMF93TBcpYf-vc=';
const btrchatSuffixPattern = /^[A-Za-z0-9_-]{39}=$/;

/** What a key file holds. */
export interface ChannelKey {
  readonly form: 'key' | 'suffix';
  /** The file's text: 43 characters of base64url (or 44 with padding) or a 40 character suffix. */
  readonly text: string;
}

export function generateChannelKey(): ChannelKey {
  return { form: 'key', text: randomBytes(fernetKeyBytes).toString('base64url') };
}

/** @throws SetupError where the text is neither a 32-byte key nor a btrchat suffix. */
export function parseChannelKey(text: string): ChannelKey {
  const line = text.trim();
  if (btrchatSuffixPattern.test(line)) return { form: 'suffix', text: line };
  if (/^[A-Za-z0-9_-]{43}=?$/.test(line)) return { form: 'key', text: line };
  throw new SetupError('The key file holds neither a channel key nor a btrchat suffix.', {
    code: 'bad-key-file',
    hint: 'It has one line: a 32-byte key as base64url, or the 40 characters that a btrchat client adds to its PIN.',
  });
}

/** @throws SetupError where a PIN has characters or a length that both sides could not agree on. */
export function checkPin(pin: string, suite: string): void {
  const exact = suite === 'btrchat';
  if (/^[A-Za-z0-9_-]+$/.test(pin) && (exact ? pin.length === 4 : pin.length >= 4 && pin.length <= 64)) return;
  throw new SetupError(exact ? 'A btrchat PIN has exactly 4 characters.' : 'A PIN has 4 to 64 characters.', {
    code: 'bad-pin',
    hint: 'Use letters A to Z and a to z, digits, - and _ only.',
  });
}

/** The root of suite `fernet`, 32 bytes. */
export async function fernetRoot(pin: string, key: ChannelKey | undefined, dropId: string): Promise<Buffer> {
  const channelKey = key === undefined ? Buffer.alloc(0) : keyBytes(key);
  const saltSource =
    key === undefined ? `btr drop ${dropId}` : Buffer.concat([Buffer.from('btr channel key '), channelKey]);
  const salt = createHash('sha256').update(saltSource).digest().subarray(0, 16);
  return deriveKey(Buffer.concat([await stretch(pin, salt), channelKey]), 'btr fernet root');
}

/** The Fernet key of suite `btrchat`: a whole key as it is, else PIN and suffix read as one base64 text. */
export function btrchatKey(pin: string, key: ChannelKey | undefined): Buffer {
  if (key?.form === 'key') return Buffer.from(key.text, 'base64url');
  const bytes = Buffer.from(pin + (key?.text ?? btrchatDefaultSuffix), 'base64url');
  if (bytes.length === fernetKeyBytes) return bytes;
  throw new UsageError('PIN and suffix are no Fernet key together.', { code: 'bad-key-file' });
}

function keyBytes(key: ChannelKey): Buffer {
  return key.form === 'key' ? Buffer.from(key.text, 'base64url') : Buffer.from(key.text, 'latin1');
}

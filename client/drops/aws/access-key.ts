/** An access key of an IAM user, and the user's name (IAM API Reference, "AccessKey" and "CreateUser"). */
import { UsageError } from '../../errors.ts';

export interface AccessKey {
  /** Names the key; no secret. */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const KEY_ID = /^[A-Za-z0-9]{16,128}$/;
/** AWS's own have 40 of these. */
const SECRET = /^[A-Za-z0-9+/=]{16,128}$/;
const USER = /^[\w+=,.@-]{1,64}$/;

/** Undefined where the value is anything but both fields, well formed, and no others. */
export function readAccessKey(value: unknown): AccessKey | undefined {
  if (typeof value !== 'object' || value === null || !('accessKeyId' in value && 'secretAccessKey' in value)) {
    return undefined;
  }
  const { accessKeyId, secretAccessKey, ...others } = value;
  if (!isKeyId(accessKeyId) || !isSecret(secretAccessKey) || Object.keys(others).length > 0) return undefined;
  return { accessKeyId, secretAccessKey };
}

export function isKeyId(value: unknown): value is string {
  return typeof value === 'string' && KEY_ID.test(value);
}

export function isUserName(value: unknown): value is string {
  return typeof value === 'string' && USER.test(value);
}

/** Quotes nothing: what is malformed may still hold the secret. */
export function badKey(): UsageError {
  return new UsageError('This is not an access key: it has an id of 16 to 128 letters and digits, and a secret.', {
    code: 'bad-key',
    hint: 'Ask for it again: it may have been cut or changed on its way.',
  });
}

function isSecret(value: unknown): value is string {
  return typeof value === 'string' && SECRET.test(value);
}

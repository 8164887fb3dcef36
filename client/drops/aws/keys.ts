/**
 * Access keys of IAM users (IAM API Reference: CreateAccessKey, ListAccessKeys, DeleteAccessKey). The owner's rights
 * are those of the environment; a buddy's own key may do nothing of IAM but delete keys of its own user.
 */
import { CreateAccessKeyCommand, DeleteAccessKeyCommand, IAMClient, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import { DropError, SetupError } from '../../errors.ts';
import type { DropKeyInfo } from '../registry.ts';
import { type AccessKey, isKeyId, readAccessKey } from './access-key.ts';
import type { AwsAddress } from './address.ts';
import { guarded, sendOptions } from './calls.ts';
import { type Attempt, errorName } from './errors.ts';
import { meanings } from './meanings.ts';
import { type Clock, realClock, untilKnown } from './new-key.ts';
import {
  type AwsCredentials,
  answerTimeout,
  type ClientSettings,
  clientSettings,
  iamEndpoint,
  sharedConfig,
  type Timing,
} from './settings.ts';

/** What the calls are made with. */
export interface KeyOptions {
  /** The drop whose region, and whose endpoint where it is not AWS's, is asked. Its credentials are not used. */
  readonly place: AwsAddress;
  readonly signal?: AbortSignal | undefined;
  /** Waits and tries, where they are to differ from the defaults. */
  readonly timing?: Partial<Timing>;
}

export interface DeleteKeyOptions extends KeyOptions {
  /** Whose key it is. Absent: IAM takes the user whose key signs. */
  readonly user?: string;
  /** Absent: the usual variables and profiles. */
  readonly credentials?: AwsCredentials;
  readonly clock?: Clock;
}

/**
 * Makes a key for this IAM user. It is asked once only: a repeated request would make a second key.
 *
 * @throws SetupError `too-many-keys` where the user has two, the most that AWS allows. @throws DropError.
 */
export function createAccessKey(user: string, options: KeyOptions): Promise<AccessKey> {
  return withClient(options, undefined, { maxAttempts: 1 }, async (client, call) => {
    const attempt = { action: 'iam:CreateAccessKey', resource: `IAM user ${user}` };
    const create = async () => {
      try {
        return (await client.send(new CreateAccessKeyCommand({ UserName: user }), call)).AccessKey;
      } catch (error) {
        if (!/^LimitExceeded/.test(errorName(error))) throw error;
        return 'limit';
      }
    };
    const made = await guarded(attempt, options.signal, create).catch((error) =>
      Promise.reject(perhapsMade(error, user)),
    );
    if (made === 'limit') throw await tooManyKeys(user, options);
    const key = readAccessKey({ accessKeyId: made?.AccessKeyId, secretAccessKey: made?.SecretAccessKey });
    if (key === undefined) throw perhapsMade(badAnswer(attempt), user);
    return key;
  });
}

/** @throws DropError. */
export function listAccessKeys(user: string, options: KeyOptions): Promise<readonly DropKeyInfo[]> {
  return withClient(options, undefined, {}, async (client, call) => {
    const attempt = { action: 'iam:ListAccessKeys', resource: `IAM user ${user}` };
    const { AccessKeyMetadata } = await guarded(attempt, options.signal, () =>
      client.send(new ListAccessKeysCommand({ UserName: user }), call),
    );
    return (AccessKeyMetadata ?? []).map(({ AccessKeyId, CreateDate, Status }) => {
      if (!isKeyId(AccessKeyId)) throw badAnswer(attempt);
      const active = Status !== 'Inactive';
      return { id: AccessKeyId, active, ...(CreateDate === undefined ? {} : { createdAt: CreateDate.getTime() }) };
    });
  });
}

/**
 * Removes a key; one that is gone is no error. Where `credentials` are given, they may be of a key that was made just
 * now: until IAM knows it everywhere, a refusal is not believed.
 *
 * @throws DropError, after 30 s where it is such a refusal.
 */
export function deleteAccessKey(accessKeyId: string, options: DeleteKeyOptions): Promise<void> {
  const { user, credentials, signal, clock = realClock } = options;
  return withClient(options, credentials, {}, async (client, call) => {
    const attempt = {
      action: 'iam:DeleteAccessKey',
      resource: user === undefined ? 'its own IAM user' : `IAM user ${user}`,
    };
    const remove = () =>
      guarded(attempt, signal, async () => {
        try {
          const whose = user === undefined ? {} : { UserName: user };
          await client.send(new DeleteAccessKeyCommand({ AccessKeyId: accessKeyId, ...whose }), call);
        } catch (error) {
          if (!/^NoSuchEntity/.test(errorName(error))) throw error;
        }
      });
    await (credentials === undefined ? remove() : untilKnown(remove, clock, signal));
  });
}

type CallSettings = ReturnType<typeof sendOptions>;

async function withClient<T>(
  { place, signal, timing }: KeyOptions,
  credentials: AwsCredentials | undefined,
  config: { maxAttempts?: number },
  run: (client: IAMClient, call: CallSettings) => Promise<T>,
): Promise<T> {
  const settings: ClientSettings = { ...clientSettings(place, undefined, timing), credentials };
  const client = new IAMClient({
    ...sharedConfig(settings, iamEndpoint(settings, place)),
    ...config,
  });
  try {
    return await run(client, sendOptions(signal, answerTimeout(settings, 0)));
  } finally {
    client.destroy();
  }
}

/** A request whose answer was lost may have made a key that nobody knows the secret of. */
function perhapsMade(error: unknown, user: string): unknown {
  if (!(error instanceof DropError) || !error.retryable || error.code === meanings.throttled.code) return error;
  return new DropError(error.message, {
    code: error.code,
    hint: `A key may have been made all the same. Look at: aws iam list-access-keys --user-name ${user}`,
    retryable: false,
    cause: error,
  });
}

/** Names the living keys; where they may not be seen, that is what is said of them. */
async function tooManyKeys(user: string, options: KeyOptions): Promise<SetupError> {
  const code = 'too-many-keys';
  const remove = `Remove one that is not in use (aws iam get-access-key-last-used --access-key-id ID tells): aws iam delete-access-key --user-name ${user} --access-key-id`;
  try {
    const ids = (await listAccessKeys(user, options)).map(({ id }) => id);
    const own = options.place.credentials?.accessKeyId;
    const others = ids.filter((id) => id !== own);
    const used = others.length < ids.length ? `; this home uses ${own}` : '';
    const most = `The IAM user ${user} has as many access keys as AWS allows: ${ids.join(', ')}${used}.`;
    // Naming one that somebody may use would cut them off.
    return new SetupError(most, { code, hint: `${remove} ${used === '' ? 'ID' : others.join(' or ')}` });
  } catch (error) {
    if (!(error instanceof DropError)) throw error;
    const unseen = `The IAM user ${user} has as many access keys as AWS allows. Which ones can't be told: ${error.message}`;
    const hint = `See aws iam list-access-keys --user-name ${user}. ${remove} ID`;
    return new SetupError(unseen, { code, hint, cause: error });
  }
}

function badAnswer(attempt: Attempt): DropError {
  const { code, retryable, hint, text } = meanings.garbage;
  return new DropError(text(attempt), { code, retryable, hint });
}

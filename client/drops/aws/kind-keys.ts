/** Access keys of a drop's two IAM users, as the registry knows them: DropKeys over keys.ts, which is loaded when used. */
import { SetupError } from '../../errors.ts';
import type { Role } from '../../protocol/roles.ts';
import type { DropAddress, DropKey, DropKeys } from '../registry.ts';
import { badKey, isKeyId, readAccessKey } from './access-key.ts';
import { type AwsAddress, parseAwsAddress, withUser } from './address.ts';
import { badAddress } from './fields.ts';

export const awsKeys: DropKeys = {
  removedBy: 'holder',
  async create(address, role, { signal } = {}) {
    const place = parseAwsAddress(address);
    const user = userOf(place, role);
    const { createAccessKey } = await import('./keys.ts');
    const { accessKeyId, secretAccessKey } = await createAccessKey(user, { place, signal });
    return { id: accessKeyId, secret: secretAccessKey };
  },
  async list(address, role, { signal } = {}) {
    const place = parseAwsAddress(address);
    const user = userOf(place, role);
    const { listAccessKeys } = await import('./keys.ts');
    return listAccessKeys(user, { place, signal });
  },
  async remove(address, role, id, by, { signal } = {}) {
    if (!isKeyId(id)) throw badKey();
    const place = parseAwsAddress(address);
    const { deleteAccessKey } = await import('./keys.ts');
    if (by === 'owner') return deleteAccessKey(id, { place, signal, user: userOf(place, role) });
    // Without a name, IAM takes the user whose key signs: right even where the address does not tell the name.
    return deleteAccessKey(id, { place, signal, credentials: ownKey(place) });
  },
  async untilUsable(address, role, { signal } = {}) {
    const { untilUsable } = await import('./new-key.ts');
    await untilUsable(parseAwsAddress(address), role, { signal });
  },
  withKey(address, key) {
    const { id, secret } = readKey(key);
    return { ...parseAwsAddress(address), credentials: { accessKeyId: id, secretAccessKey: secret } };
  },
  keyId: (address) => parseAwsAddress(address).credentials?.accessKeyId,
  parseKey: readKey,
  withUser: (address: DropAddress, role, user) => ({ ...withUser(parseAwsAddress(address), role, user) }),
};

/** {id, secret} and nothing else. */
function readKey(value: unknown): DropKey {
  if (typeof value !== 'object' || value === null || !('id' in value && 'secret' in value)) throw badKey();
  const { id, secret, ...others } = value;
  const key = readAccessKey({ accessKeyId: id, secretAccessKey: secret });
  if (key === undefined || Object.keys(others).length > 0) throw badKey();
  return { id: key.accessKeyId, secret: key.secretAccessKey };
}

function ownKey({ credentials }: AwsAddress) {
  if (credentials !== undefined) return credentials;
  throw badAddress('it holds no credentials to remove a key with');
}

/** @throws SetupError where that side's IAM user is not known, or where that side has none. */
function userOf({ users }: AwsAddress, role: Role): string {
  const user = users?.[role];
  if (user !== undefined) return user;
  if (users === undefined) {
    throw new SetupError('The name of the IAM user to make keys for is not known.', {
      code: 'no-key-user',
      hint: 'Deploy the stack again and take its new outputs, or give the name with --user NAME.',
    });
  }
  throw new SetupError(`Side ${role} of this drop takes a role in AWS; only an IAM user has access keys.`, {
    code: 'no-user-keys',
    hint: 'Invite without a key: your buddy uses the AWS identity that the role was made for.',
  });
}

/** Which keys a login tries: those of the agent and those in files, as ssh does. Passwords are never asked for. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { AnyAuthMethod } from 'ssh2';
import ssh2 from 'ssh2';
import { DropError, errorCode, SetupError } from '../../errors.ts';
import { accountOf, type SftpAddress } from './address.ts';

/** In the order in which ssh tries them. */
const USUAL_FILES = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

export interface Login {
  readonly methods: readonly AnyAuthMethod[];
  /** What is tried, for a person. */
  readonly tried: readonly string[];
  /** Key files that only the agent can open for us. */
  readonly locked: readonly string[];
}

/** @throws SetupError `no-ssh-key` where there is none to try, or the file that was asked for holds none. */
export async function loginFor(address: SftpAddress): Promise<Login> {
  const { user: username, identityFile } = address;
  const files = identityFile === undefined ? usualFiles() : [identityFile];
  const found = await Promise.all(files.map((path) => readKey(path, identityFile !== undefined)));
  const usable = found.filter((file) => file !== undefined);
  const methods: AnyAuthMethod[] = usable.flatMap(({ key }) =>
    key === undefined ? [] : [{ type: 'publickey', username, key }],
  );
  const tried = usable.filter(({ key }) => key !== undefined).map(({ path }) => path);
  const locked = usable.filter(({ key }) => key === undefined).map(({ path }) => path);
  const agent = process.env.SSH_AUTH_SOCK;
  if (agent) {
    const byAgent: AnyAuthMethod = { type: 'agent', username, agent };
    // A server gives up after a few keys: the one that was asked for comes before all those that an agent may hold.
    if (identityFile === undefined) methods.unshift(byAgent);
    else methods.push(byAgent);
    tried.push('the SSH agent');
  }
  if (methods.length === 0) throw noKey(address, locked);
  return { methods, tried, locked };
}

/** None of them was taken. */
export function loginRefused(address: SftpAddress, { tried, locked }: Login): DropError {
  const add = locked.length > 0 ? ` ${unlockHint(locked)}` : '';
  return new DropError(`${accountOf(address)} accepts none of our keys (tried: ${tried.join(', ')}).`, {
    code: 'sftp-denied',
    hint: `Check the user's name, and put your public key into its ~/.ssh/authorized_keys there.${add}`,
    retryable: false,
  });
}

function noKey(address: SftpAddress, locked: readonly string[]): SetupError {
  const all = locked.length > 0 ? 'each key there is has a passphrase' : 'no agent runs and no key file was found';
  const make =
    'Make a key with `ssh-keygen -t ed25519`, and put its .pub file into ~/.ssh/authorized_keys there; or name one by ?identity=FILE at the end of the address.';
  return new SetupError(`There is no SSH key to log in with at ${accountOf(address)}: ${all}.`, {
    code: 'no-ssh-key',
    hint: locked.length > 0 ? unlockHint(locked) : make,
  });
}

function unlockHint(locked: readonly string[]): string {
  return `A key with a passphrase is used through the agent: run \`ssh-add ${locked.join(' ')}\` first.`;
}

function usualFiles(): string[] {
  return USUAL_FILES.map((name) => join(homedir(), '.ssh', name));
}

interface KeyFile {
  readonly path: string;
  /** Undefined where it has a passphrase. */
  readonly key: Buffer | undefined;
}

/** @throws SetupError where a file that was asked for is of no use. */
async function readKey(path: string, isWanted: boolean): Promise<KeyFile | undefined> {
  let key: Buffer;
  try {
    key = await readFile(path);
  } catch (error) {
    if (!isWanted) return undefined;
    throw badFile(path, `can't be read (${errorCode(error)})`, error);
  }
  const parsed = ssh2.utils.parseKey(key);
  if (parsed instanceof Error && /passphrase/i.test(parsed.message)) return { path, key: undefined };
  if (!(parsed instanceof Error) && parsed.isPrivateKey()) return { path, key };
  if (isWanted) throw badFile(path, 'holds no SSH private key', parsed);
  return undefined;
}

function badFile(path: string, what: string, cause: unknown): SetupError {
  return new SetupError(`The key file ${path} ${what}.`, {
    code: 'no-ssh-key',
    hint: 'Name the private key, the one without .pub at its end, or leave ?identity= out.',
    cause,
  });
}

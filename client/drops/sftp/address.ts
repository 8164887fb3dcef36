/** Where an sftp drop is: which account of which machine, and which folder there. */
import { homedir } from 'node:os';
import { posix, resolve } from 'node:path';
import { UsageError } from '../../errors.ts';

export interface SftpAddress {
  readonly kind: 'sftp';
  /** A name or an IP address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Absolute; `/~/x` is x in the folder that the account begins in. */
  readonly path: string;
  /** The id in the folder's marker, 32 hexadecimal digits. Absent until the address is settled. */
  readonly id?: string;
  /** The host's key as `ssh-keygen -l` shows it, `SHA256:...`. Absent until the address is settled. */
  readonly hostKey?: string;
  /** The file of the private key that opens the account, absolute; this home's alone, never shared. */
  readonly identityFile?: string;
}

/** What a visit told is in it. */
export type SettledAddress = SftpAddress & { readonly id: string; readonly hostKey: string };

const SSH_PORT = 22;
/** So that an invite with it stays short. */
const LONGEST_PATH = 1024;

/** Reads `sftp://user@host[:port]/path[?identity=FILE]`. @throws UsageError `bad-address`. */
export function parseSftpUri(uri: string): SftpAddress {
  if (!URL.canParse(uri)) throw badAddress('it is not like a URL');
  const url = new URL(uri);
  if (url.password !== '') throw badAddress('passwords are not used, and others could see this one');
  if (url.hash !== '') throw badAddress('a # in its path must be written as %23');
  if (url.username === '') throw badAddress('it does not name the user');
  const { identity, ...unknown } = Object.fromEntries(url.searchParams);
  if (Object.keys(unknown).length > 0) throw badAddress(`it has a part that is not known: ${Object.keys(unknown)[0]}`);
  const path = decode(url.pathname);
  if (path === '' || path === '/') throw badAddress('it names no folder');
  return parseSftpAddress({
    kind: 'sftp',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? SSH_PORT : Number(url.port),
    user: decode(url.username),
    path: path.length > 1 ? path.replace(/\/+$/, '') : path,
    ...(identity === undefined ? {} : { identityFile: resolve(identity.replace(/^~(?=\/)/, homedir())) }),
  });
}

/** Reads an address strictly. @throws UsageError `bad-address`. */
export function parseSftpAddress(value: unknown): SftpAddress {
  if (typeof value !== 'object' || value === null) throw badAddress('it is no address');
  if (!('kind' in value && 'host' in value && 'port' in value && 'user' in value && 'path' in value)) {
    throw badAddress('a part of it is missing');
  }
  const { kind, host, port, user, path, ...rest } = value;
  if (kind !== 'sftp') throw badAddress('it is that of another kind of drop');
  if (typeof host !== 'string' || !/^[A-Za-z0-9]([A-Za-z0-9._:-]{0,253})$|^:[0-9A-Fa-f:.]+$/.test(host)) {
    throw badAddress('its host is not a name or an IP address');
  }
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw badAddress('its port is not a number from 1 to 65535');
  }
  if (typeof user !== 'string' || !/^[A-Za-z0-9_][A-Za-z0-9._@+-]{0,63}$/.test(user)) {
    throw badAddress('its user is not the name of an account');
  }
  if (typeof path !== 'string' || !isGoodPath(path)) throw badAddress('its path is not a plain absolute one');
  return { kind, host, port, user, path, ...settledParts(rest) };
}

/** What is known once somebody was there, and the key file that this home uses. */
function settledParts(rest: object): Partial<SftpAddress> {
  const known = new Map<string, RegExp>([
    ['id', /^[0-9a-f]{32}$/],
    ['hostKey', /^SHA256:[A-Za-z0-9+/]{43}$/],
    ['identityFile', /^.{1,4096}$/],
  ]);
  for (const [name, value] of Object.entries(rest)) {
    const pattern = known.get(name);
    if (pattern === undefined) throw badAddress(`it has a part that is not known: ${JSON.stringify(name)}`);
    if (typeof value !== 'string' || !pattern.test(value)) throw badAddress(`its ${name} is not one`);
  }
  return rest;
}

/** One way to write each place, and nothing that can't be seen: the question for the user's yes must show this path. */
function isGoodPath(path: string): boolean {
  const isPlain = path.length <= LONGEST_PATH && posix.isAbsolute(path) && posix.normalize(path) === path;
  return isPlain && path !== '/' && !path.endsWith('/') && !/\p{C}|\p{Zl}|\p{Zp}/u.test(path);
}

/** The path as the SFTP server takes it: what is not absolute begins in the account's own folder. */
export function remotePath({ path }: SftpAddress): string {
  if (path === '/~') return '.';
  return path.startsWith('/~/') ? path.slice('/~/'.length) : path;
}

/** The host as URLs have it. */
export function hostOf({ host }: SftpAddress): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** `user@host`, with a port that is not the usual one. */
export function accountOf(address: SftpAddress): string {
  const { user, port } = address;
  const name = hostOf(address);
  return port === SSH_PORT ? `${user}@${name}` : `${user}@${name}:${port}`;
}

export function uriOf(address: SftpAddress): string {
  return `sftp://${accountOf(address)}${address.path}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badAddress('a % in it is not followed by two hexadecimal digits');
  }
}

export function badAddress(what: string): UsageError {
  return new UsageError(`The address of an sftp drop can't be used: ${what}.`, {
    code: 'bad-address',
    hint: 'Write it like sftp://pi@example.org/home/pi/btr, or sftp://pi@example.org/~/btr below the login folder.',
  });
}

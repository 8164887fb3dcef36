/**
 * Where a process that serves a home is reached: the agent of `btr unlock`, or `btr daemon`. A file in the home, called
 * `agent` or `daemon`, names its process and address: a Unix socket of mode 0600 in a folder of mode 0700, the home
 * itself where the path is short enough; on Windows a named pipe with a random name.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { errorCode, SecurityError, SetupError } from '../errors.ts';

/** sun_path has 104 bytes on macOS and BSD, 108 on Linux, the last one zero. */
const longestSocket = 103;

const isWindows = process.platform === 'win32';

/** Who serves there. */
export type Server = 'agent' | 'daemon';

export interface SocketPlace {
  readonly address: string;
  readonly pid: number;
}

/** Where the home's server says it is. Nobody has looked yet whether it is there. */
export async function findServer(home: string, server: Server): Promise<SocketPlace | undefined> {
  const text = await readFile(join(home, server), 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  const [, pid, address] = /^(\d+) (.+)\n$/s.exec(text ?? '') ?? [];
  return address === undefined ? undefined : { address, pid: Number(pid) };
}

/** Lets others find this server, in one step. */
export async function announceServer(home: string, server: Server, { address, pid }: SocketPlace): Promise<void> {
  const temporary = join(home, `${server}.${randomBytes(4).toString('hex')}`);
  await writeFile(temporary, `${pid} ${address}\n`, { mode: 0o600, flag: 'wx' });
  await rename(temporary, join(home, server));
}

/** Removes what a server leaves in the file system. */
export async function removeTraces(home: string, server: Server, { address }: SocketPlace): Promise<void> {
  if ((await findServer(home, server))?.address === address) await rm(join(home, server), { force: true });
  if (isWindows) return;
  await rm(address, { force: true });
  if (dirname(address) === home) return;
  await rmdir(dirname(address)).catch((error: unknown) => {
    // Gone already, or another server of this home has its socket there.
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTEMPTY') throw error;
  });
}

/** A new address for a server of this home. @throws SetupError with code `home-open`; SecurityError. */
export async function newAddress(home: string, server: Server, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const random = randomBytes(4).toString('hex');
  if (isWindows) return `\\\\.\\pipe\\btr-${randomBytes(16).toString('hex')}`;
  const name = `${server}-${random}.sock`;
  if (Buffer.byteLength(join(home, name)) <= longestSocket) {
    if (isPrivate(await lstat(home, { bigint: true }))) return join(home, name);
    throw new SetupError('The home is open to others.', { code: 'home-open', hint: `chmod -R go= ${home}` });
  }
  return join(await folderElsewhere(home, server, env.XDG_RUNTIME_DIR || tmpdir()), name);
}

async function folderElsewhere(home: string, server: Server, base: string): Promise<string> {
  const hash = createHash('sha256').update(home).digest('hex').slice(0, 16);
  const folder = join(base, `btr-${process.getuid?.() ?? 0}-${hash}`);
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if (errorCode(error) !== 'EEXIST') throw error;
  });
  const status = await lstat(folder, { bigint: true });
  if (status.isDirectory() && isPrivate(status)) return folder;
  throw notOurs(folder, server);
}

/** Whether there is a socket that only this user can have put there. @throws SecurityError where it is another's. */
export async function isOurSocket(address: string, server: Server): Promise<boolean> {
  if (isWindows) return true;
  try {
    const [socket, folder] = await Promise.all([
      lstat(address, { bigint: true }),
      lstat(dirname(address), { bigint: true }),
    ]);
    if (socket.isSocket() && folder.isDirectory() && isPrivate(socket) && isPrivate(folder)) return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
  throw notOurs(address, server);
}

function isPrivate({ uid, mode }: BigIntStats): boolean {
  return Number(uid) === process.getuid?.() && (Number(mode) & 0o077) === 0;
}

/** What stands at such a place, by what is asked for there. */
const wanted: Readonly<Record<Server, string>> = {
  agent: 'the unlocked key is asked for',
  daemon: 'btr daemon is talked with',
};
const starters: Readonly<Record<Server, string>> = { agent: 'btr unlock', daemon: 'btr daemon' };

function notOurs(path: string, server: Server): SecurityError {
  return new SecurityError(`Something that others can reach stands where ${wanted[server]}.`, {
    code: `${server}-exposed`,
    hint: `Look at it, and remove it if it is not yours: ${path}. Then: ${starters[server]}`,
  });
}

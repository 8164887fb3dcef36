/**
 * Where the agent of `btr unlock` is reached. The file `agent` in the home names its address: a Unix socket of mode 0600
 * in a folder of mode 0700, the home itself where the path is short enough; on Windows a named pipe with a random name.
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

export interface AgentPlace {
  readonly address: string;
  readonly pid: number;
}

function noticePath(home: string): string {
  return join(home, 'agent');
}

/** Where the home's agent says it is. Nobody has looked yet whether it is there. */
export async function findAgent(home: string): Promise<AgentPlace | undefined> {
  const text = await readFile(noticePath(home), 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  const [, pid, address] = /^(\d+) (.+)\n$/s.exec(text ?? '') ?? [];
  return address === undefined ? undefined : { address, pid: Number(pid) };
}

/** Lets others find this agent, in one step. */
export async function announceAgent(home: string, { address, pid }: AgentPlace): Promise<void> {
  const temporary = `${noticePath(home)}.${randomBytes(4).toString('hex')}`;
  await writeFile(temporary, `${pid} ${address}\n`, { mode: 0o600, flag: 'wx' });
  await rename(temporary, noticePath(home));
}

/** Removes what an agent leaves in the file system. */
export async function removeTraces(home: string, { address }: AgentPlace): Promise<void> {
  if ((await findAgent(home))?.address === address) await rm(noticePath(home), { force: true });
  if (isWindows) return;
  await rm(address, { force: true });
  if (dirname(address) === home) return;
  await rmdir(dirname(address)).catch((error: unknown) => {
    // Gone already, or another agent of this home has its socket there.
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTEMPTY') throw error;
  });
}

/** A new address for an agent of this home. @throws SetupError with code `home-open`; SecurityError. */
export async function newAddress(home: string, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const random = randomBytes(4).toString('hex');
  if (isWindows) return `\\\\.\\pipe\\btr-${randomBytes(16).toString('hex')}`;
  const name = `agent-${random}.sock`;
  if (Buffer.byteLength(join(home, name)) <= longestSocket) {
    if (isPrivate(await lstat(home, { bigint: true }))) return join(home, name);
    throw new SetupError('The home is open to others.', { code: 'home-open', hint: `chmod -R go= ${home}` });
  }
  return join(await folderElsewhere(home, env.XDG_RUNTIME_DIR || tmpdir()), name);
}

async function folderElsewhere(home: string, base: string): Promise<string> {
  const hash = createHash('sha256').update(home).digest('hex').slice(0, 16);
  const folder = join(base, `btr-${process.getuid?.() ?? 0}-${hash}`);
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if (errorCode(error) !== 'EEXIST') throw error;
  });
  const status = await lstat(folder, { bigint: true });
  if (status.isDirectory() && isPrivate(status)) return folder;
  throw notOurs(folder);
}

/** Whether there is a socket that only this user can have put there. @throws SecurityError where it is another's. */
export async function isOurSocket(address: string): Promise<boolean> {
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
  throw notOurs(address);
}

function isPrivate({ uid, mode }: BigIntStats): boolean {
  return Number(uid) === process.getuid?.() && (Number(mode) & 0o077) === 0;
}

function notOurs(path: string): SecurityError {
  return new SecurityError('Something that others can reach stands where the unlocked key is asked for.', {
    code: 'agent-exposed',
    hint: `Look at it, and remove it if it is not yours: ${path}. Then: btr unlock`,
  });
}

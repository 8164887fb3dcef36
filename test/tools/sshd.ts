/** Debian's sshd on a free port of 127.0.0.1, for the account that runs the tests, with keys and settings of its own. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { SftpAddress } from '../../client/drops/sftp/address.ts';

const program = '/usr/sbin/sshd';

/** Why tests that need sshd are skipped, or false. */
export const withoutSshd = existsSync(program) ? false : 'sshd is not installed: run test/system/setup.sh';

interface Running {
  readonly child: ChildProcess;
  readonly log: readonly string[];
}

export class Sshd implements AsyncDisposable {
  /** Holds the keys, and room for drops. */
  readonly folder: string;
  readonly port: number;
  /** `SHA256:...` */
  readonly hostKey: string;
  #running: Running;

  private constructor(folder: string, port: number, hostKey: string, running: Running) {
    this.folder = folder;
    this.port = port;
    this.hostKey = hostKey;
    this.#running = running;
  }

  /** What it has said since it was started. */
  get log(): readonly string[] {
    return this.#running.log;
  }

  /** @param settings more lines of sshd_config; the first of two lines counts there. */
  static async start(settings: readonly string[] = []): Promise<Sshd> {
    const folder = await mkdtemp(join(tmpdir(), 'btr-sshd-'));
    await makeKey(join(folder, 'host'));
    await makeKey(join(folder, 'me'));
    await copyFile(join(folder, 'me.pub'), join(folder, 'authorized_keys'));
    try {
      const { port, running } = await startOnFreePort(folder, settings);
      return new Sshd(folder, port, await fingerprint(join(folder, 'host.pub')), running);
    } catch (error) {
      await rm(folder, { recursive: true });
      throw error;
    }
  }

  /** The private key that opens the account. */
  get keyFile(): string {
    return join(this.folder, 'me');
  }

  /** An address that is not settled yet. */
  address(path: string): SftpAddress {
    const { username } = userInfo();
    return { kind: 'sftp', host: '127.0.0.1', port: this.port, user: username, path, identityFile: this.keyFile };
  }

  /** Ends it; connections that are up stay. */
  async stop(): Promise<void> {
    const { child } = this.#running;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill();
    await exited;
  }

  /** Starts it again where it was, with another host key. */
  async restartWithAnotherKey(): Promise<void> {
    await this.stop();
    await rm(join(this.folder, 'host'));
    await makeKey(join(this.folder, 'host'));
    this.#running = await run(this.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** @param passphrase none by default. */
export async function makeKey(path: string, passphrase = ''): Promise<void> {
  await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'btr test', '-f', path]);
}

export async function fingerprint(publicKey: string): Promise<string> {
  const { stdout } = await promisify(execFile)('ssh-keygen', ['-lf', publicKey]);
  return stdout.split(' ')[1] ?? '';
}

/** Another program may take the port between looking and starting. */
async function startOnFreePort(folder: string, settings: readonly string[]) {
  // sshd wants this folder where it runs as root, and only there.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    await writeFile(join(folder, 'sshd_config'), configuration(folder, port, settings));
    try {
      return { port, running: await run(folder) };
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

function configuration(folder: string, port: number, settings: readonly string[]): string {
  const lines = [
    ...settings,
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${join(folder, 'host')}`,
    'PidFile none',
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    // Tests open many connections at once.
    'MaxStartups 100',
    ...(settings.some((line) => line.startsWith('Subsystem ')) ? [] : ['Subsystem sftp internal-sftp']),
  ];
  return `${lines.join('\n')}\n`;
}

/** Resolves once it listens. */
async function run(folder: string): Promise<Running> {
  const child = spawn(program, ['-D', '-e', '-f', join(folder, 'sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const log: string[] = [];
  const lines = createInterface({ input: child.stderr });
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      log.push(line);
      if (line.startsWith('Server listening')) resolve({ child, log });
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`sshd ended: ${log.join('\n')}`)));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server.address());
  server.close();
  await once(server, 'close');
  return port;
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

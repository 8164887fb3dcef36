/** Real proxies on 127.0.0.1, each with a name in its own hosts file that nobody else can resolve. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** This machine, for whoever asks a proxy of ours; unknown to everybody else. Without a dot S3 takes it for no bucket. */
export const hiddenName = 'btr-hidden-host';

const missing = ['microsocks', 'tinyproxy', 'unshare'].filter(
  (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0,
);
const own = ['--map-root-user', '--mount'] as const;

function reason(): string | false {
  if (missing.length > 0) {
    return `there is no ${missing.join(', no ')} here (test/system/setup.sh installs what is missing)`;
  }
  const isAllowed = spawnSync('unshare', [...own, 'true']).status === 0;
  return !isAllowed && 'this system allows no hosts file of its own to a process (unshare --map-root-user --mount)';
}

/** Why tests with real proxies are skipped here; false where they are not. */
export const noProxies = reason();

export interface Login {
  readonly user: string;
  readonly password: string;
}

interface Software {
  readonly scheme: string;
  command(folder: string, port: number, login: Login | undefined): Promise<readonly string[]>;
}

export const software = {
  microsocks: {
    scheme: 'socks5',
    command: async (_, port, login) => [
      ...['microsocks', '-i', '127.0.0.1', '-p', String(port)],
      ...(login === undefined ? [] : ['-u', login.user, '-P', login.password]),
    ],
  },
  tinyproxy: {
    scheme: 'http',
    command: async (folder, port, login) => {
      const lines = [`Port ${port}`, 'Listen 127.0.0.1', 'Timeout 600', 'LogLevel Connect', 'DisableViaHeader Yes'];
      if (login !== undefined) lines.push(`BasicAuth ${login.user} ${login.password}`);
      const path = join(folder, 'tinyproxy.conf');
      await writeFile(path, `${lines.join('\n')}\n`);
      return ['tinyproxy', '-d', '-c', path];
    },
  },
} satisfies Record<string, Software>;

export type ProxyName = keyof typeof software;

export class RealProxy implements AsyncDisposable {
  readonly url: string;
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(name: ProxyName, port: number, child: ChildProcess, folder: string) {
    this.address = `127.0.0.1:${port}`;
    this.url = `${software[name].scheme}://${this.address}`;
    this.#child = child;
    this.#folder = folder;
  }

  static async start(name: ProxyName, login?: Login): Promise<RealProxy> {
    const folder = await mkdtemp(join(tmpdir(), 'btr-proxy-'));
    const hosts = join(folder, 'hosts');
    await writeFile(hosts, `127.0.0.1 localhost ${hiddenName}\n`);
    // Somebody else may take the port before the proxy does.
    for (;;) {
      const port = await freePort();
      const command = await software[name].command(folder, port, login);
      const script = 'mount --bind "$0" /etc/hosts && exec "$@"';
      const child = spawn('unshare', [...own, 'sh', '-c', script, hosts, ...command], { stdio: 'ignore' });
      if (await listens(child, port)) return new RealProxy(name, port, child, folder);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) {
      const closed = once(this.#child, 'close');
      this.#child.kill('SIGKILL');
      await closed;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('a server without a port');
  return address.port;
}

/** False where the process ended instead. */
async function listens(child: ChildProcess, port: number): Promise<boolean> {
  while (child.exitCode === null) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return child.exitCode === null;
    } catch {
      await pause(10);
    } finally {
      socket.destroy();
    }
  }
  return false;
}

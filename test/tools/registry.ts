/**
 * A package registry on 127.0.0.1 that has what lies in node_modules and nothing else, so that an installation gets its
 * dependencies as it does from a real one, without a network.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from './built.ts';

/** What other platforms need, which would only take time. */
const leftOut = ['win32', 'darwin', 'linux', 'android', 'freebsd']
  .flatMap((platform) => ['x64', 'arm64'].map((processor) => `${platform}-${processor}`))
  .filter((name) => name !== `${process.platform}-${process.arch}`)
  .map((name) => `--exclude=package/prebuilds/${name}`);

export class Registry implements AsyncDisposable {
  readonly #server: Server;
  readonly #folder: string;
  /** The names of the packages that were asked for and are not there. */
  readonly missing: string[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.destroy(toError(error)));
    });
  }

  static async start(): Promise<Registry> {
    const registry = new Registry(await mkdtemp(join(tmpdir(), 'btr-registry-')));
    registry.#server.listen(0, '127.0.0.1');
    await once(registry.#server, 'listening');
    return registry;
  }

  get url(): string {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the registry does not listen');
    return `http://127.0.0.1:${address.port}/`;
  }

  async #answer({ url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, tarball, name = ''] = /^\/(tarball\/)?(.+)$/.exec(decodeURIComponent(url)) ?? [];
    const folder = join(repository, 'node_modules', name);
    if (!/^(@[\w.-]+\/)?[\w.-]+$/.test(name) || !existsSync(join(folder, 'package.json'))) {
      this.missing.push(name);
      response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
      return;
    }
    if (tarball !== undefined) return this.#tar(folder, response);
    const manifest: { version: string } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const { version } = manifest;
    const versions = {
      [version]: { ...manifest, dist: { tarball: `${this.url}tarball/${encodeURIComponent(name)}` } },
    };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions }));
  }

  /** In a tarball of npm everything lies in a folder `package`. */
  async #tar(folder: string, response: ServerResponse): Promise<void> {
    const place = await mkdtemp(join(this.#folder, 'tar-'));
    await symlink(folder, join(place, 'package'));
    const tar = spawn('tar', ['-chf', '-', ...leftOut, 'package'], {
      cwd: place,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    tar.stdout.pipe(response);
    const [code]: unknown[] = await once(tar, 'close');
    if (code !== 0) throw new Error(`tar ended with ${code}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    await rm(this.#folder, { recursive: true });
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

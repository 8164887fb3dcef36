/**
 * moto_server (Python) plays the AWS account for a real `cdk deploy` where it is installed. It comes with neither npm
 * nor Debian, so tests that need it are skipped where it is not on PATH.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** The reason why tests with moto can't run here, or false. */
export function motoMissing(): string | false {
  const { status } = spawnSync('moto_server', ['--help'], { stdio: 'ignore' });
  return status === 0 ? false : 'moto_server is not on PATH (pip install "moto[server]")';
}

export interface Moto extends AsyncDisposable {
  readonly port: number;
}

/** Starts it on a free port of 127.0.0.1; disposing it ends it. */
export async function startMoto(): Promise<Moto> {
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONUNBUFFERED: '1' },
  });
  const exited = once(child, 'exit');
  const port = await new Promise<number>((resolve, reject) => {
    let text = '';
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      const found = /Running on http:\/\/127\.0\.0\.1:(\d+)/.exec(text);
      if (found !== null) resolve(Number(found[1]));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`moto_server ended before it listened: ${text}`)));
  });
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill();
      await exited;
    },
  };
}

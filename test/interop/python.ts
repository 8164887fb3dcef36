/** Python as an independent peer: Debian's own, since its packages are what test/system/setup.sh installs. */
import { spawn, spawnSync } from 'node:child_process';

const candidates = ['/usr/bin/python3', 'python3'];

export interface Python {
  readonly command: string;
}

/** The first Python here that has these modules, or the reason why a test can't run. */
export function findPython(...modules: string[]): Python | string {
  for (const command of candidates) {
    const { status } = spawnSync(command, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' });
    if (status === 0) return { command };
  }
  const packages = modules.map((module) => `python3-${module}`).join(' ');
  return `no Python with ${modules.join(' and ')} here (Debian: ${packages}; test/system/setup.sh installs them)`;
}

/** Runs a script, gives it `input`, and answers the lines it printed, each of them JSON. */
export async function runPython(
  python: Python,
  args: readonly string[],
  input: string,
  env: Readonly<Record<string, string>> = {},
): Promise<unknown[]> {
  const child = spawn(python.command, args, { stdio: 'pipe', env: { ...process.env, ...env } });
  const read = async (stream: AsyncIterable<Buffer>) => {
    const pieces: Buffer[] = [];
    for await (const piece of stream) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  };
  const texts = Promise.all([read(child.stdout), read(child.stderr)]);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
  child.stdin.end(input);
  const [[output, errors], status] = await Promise.all([texts, ended]);
  if (status !== 0) throw new Error(`python ended with ${status}: ${errors}`);
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** Starts the agent of `btr unlock` as a process of its own that outlives this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { SetupError } from '../errors.ts';
import { encodeStart, type Start } from './unlock-wire.ts';

/** All that the agent gets of the environment: what a passphrase may stand in is not among it. */
const kept = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'TEMP', 'TMP', 'XDG_RUNTIME_DIR', 'SystemRoot'];

/**
 * The key goes over a pipe; neither the command line nor the environment nor a file ever has it.
 * @param command the program and its arguments, which runs `serveAgent` and then writes a line.
 * @returns that line. @throws SetupError with code `no-agent` where it ends without one.
 */
export async function startAgent(command: readonly [string, ...string[]], start: Start): Promise<string> {
  const child = spawnQuietly(command);
  if (!child.stdin || !child.stdout) throw new Error('the agent has no pipes');
  const failed = once(child, 'error').then(([error]) => Promise.reject(error));
  const bytes = encodeStart(start);
  // An agent that ends at once says so by saying nothing.
  child.stdin.on('error', () => {});
  child.stdin.end(bytes, () => bytes.fill(0));
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([firstLine(lines), failed]);
  child.stdout.destroy();
  child.unref();
  if (line !== undefined) return line;
  throw new SetupError('The process that should hold the key ended at once.', {
    code: 'no-agent',
    hint: 'Nothing was changed; the home is locked.',
  });
}

/** On POSIX through a shell that forbids core dumps, which would hold the key. */
function spawnQuietly([program, ...args]: readonly [string, ...string[]]): ChildProcess {
  const variables = kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const options = {
    detached: true,
    windowsHide: true,
    env: Object.fromEntries(variables),
    stdio: ['pipe', 'pipe', 'ignore'],
  } as const;
  if (process.platform === 'win32') return spawn(program, args, { ...options, stdio: [...options.stdio] });
  const script = 'ulimit -c 0 && cd / && exec "$0" "$@"';
  return spawn('/bin/sh', ['-c', script, program, ...args], { ...options, stdio: [...options.stdio] });
}

async function firstLine(lines: AsyncIterable<string>): Promise<string | undefined> {
  for await (const line of lines) return line;
  return undefined;
}

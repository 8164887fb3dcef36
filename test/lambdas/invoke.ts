/** Runs the bundled function as its runtime does: in a process of its own, by its exported handler. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

/** As the runtime: an error that the handler throws ends the process. Arguments: the file's URL, milliseconds it has. */
const runtime = `
const [file, time] = process.argv.slice(1);
const end = performance.now() + Number(time);
const { handler } = await import(file);
await handler({ source: 'aws.events' }, { getRemainingTimeInMillis: () => end - performance.now() });
`;

export interface Invocation {
  /** 0, or another where the handler threw. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The one line that a run logs; absent where it got nowhere. */
  readonly report: Readonly<Record<string, unknown>> | undefined;
}

/** @param milliseconds that the function has; its timeout unless a test wants it shorter. */
export async function invoke(
  file: string,
  env: Readonly<Record<string, string>>,
  milliseconds = 300_000,
): Promise<Invocation> {
  const args = ['--input-type=module', '--eval', runtime, pathToFileURL(file).href, String(milliseconds)];
  const child = spawn(process.execPath, args, { env: { AWS_EC2_METADATA_DISABLED: 'true', ...env } });
  const ended = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code]: (number | null)[] = await ended;
  const line = stdout.split('\n').find((one) => one.startsWith('{'));
  return { code: code ?? null, stdout, stderr, report: line === undefined ? undefined : JSON.parse(line) };
}

/** A program on a terminal of its own: what it draws there, byte by byte, and when. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Drawn {
  /** Everything that was drawn, escape sequences included. */
  readonly output: string;
  /** From the program's start until it had drawn what was waited for. */
  readonly milliseconds: number;
}

interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

interface PtyOptions {
  readonly columns?: number;
  readonly rows?: number;
  /** What is waited for; these texts in any order. */
  readonly until: readonly string[];
  /** Milliseconds more to go on drawing. */
  readonly settle?: number;
}

const controlC = '\u0003';
/** How long a program may take to draw, and then to end, in milliseconds. */
const patience = 60_000;

/** Runs a program until its terminal has drawn all of the texts, then ends it by Ctrl-C. */
export async function draw(
  { file, args, env }: Program,
  { columns = 100, rows = 40, until, settle = 0 }: PtyOptions,
): Promise<Drawn> {
  const words = [file, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const command = `stty rows ${rows} cols ${columns}; exec ${words}`;
  const began = performance.now();
  // util-linux's script gives it a terminal that is a pipe for us.
  const child = spawn('script', ['--quiet', '--flush', '--command', command, '/dev/null'], {
    env: { ...env, TERM: 'xterm-256color' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const late = setTimeout(() => child.kill('SIGKILL'), patience);
  let output = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    output += piece;
    if (until.every((text) => output.includes(text))) resolve();
  });
  void ended.then(() => reject(new Error(`${file} ended before it drew ${until.join(' and ')}:\n${output}`)));
  await promise;
  const milliseconds = performance.now() - began;
  if (settle > 0) await sleep(settle);
  const drawn = { output, milliseconds };
  child.stdin.write(controlC);
  await ended;
  clearTimeout(late);
  return drawn;
}

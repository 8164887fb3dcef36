/** A program on a terminal of its own, and when it shows something. */
import { once } from 'node:events';
import { type Command, start } from './processes.ts';

const controlC = '\u0003';

/** Milliseconds from a program's start until its terminal has shown all of these texts; Ctrl-C then ends it. */
export async function untilShown({ file, args, env }: Command, texts: readonly string[]): Promise<number> {
  const words = [file, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const script = ['--quiet', '--flush', '--command', `stty rows 40 cols 100; exec ${words}`, '/dev/null'];
  const began = performance.now();
  // util-linux's script gives it a terminal that is a pipe for us.
  const child = start({ file: 'script', args: script, env: { ...env, TERM: 'xterm-256color' } }, [
    'pipe',
    'pipe',
    'inherit',
  ]);
  const ended = once(child, 'close');
  let shown = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.stdout?.setEncoding('utf8').on('data', (piece) => {
    shown += String(piece);
    if (texts.every((text) => shown.includes(text))) resolve();
  });
  void ended.then(() => reject(new Error(`${file} ended before it showed ${texts.join(' and ')}:\n${shown}`)));
  await promise;
  const milliseconds = performance.now() - began;
  child.stdin?.write(controlC);
  await ended;
  return milliseconds;
}

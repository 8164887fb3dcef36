/**
 * Secrets come from a prompt without echo, from BTR_PASSPHRASE or BTR_PIN, or from the file that an option names;
 * never from an argument, which anybody on the machine can read with ps.
 */
import { readFile } from 'node:fs/promises';
import { InterruptedError, SetupError } from '../errors.ts';
import type { Terminal } from './terminal.ts';

interface SecretSource {
  /** What it is called: `passphrase`, `PIN`. */
  readonly what: string;
  readonly file: string | undefined;
  /** The variable of the environment that may hold it. */
  readonly variable?: string;
  readonly option: string;
}

/** From the file, the environment or the prompt, in this order. @throws SetupError where there is none of them. */
export async function readSecret(terminal: Terminal, source: SecretSource, ask = `${source.what}: `): Promise<string> {
  const given = await givenSecret(terminal, source);
  if (given !== undefined) return given;
  if (terminal.stdin.isTTY) return promptSecret(terminal, ask);
  throw new SetupError(`No ${source.what} was given.`, {
    code: 'no-secret',
    hint: `Run it on a terminal, or give it by ${source.variable ? `${source.variable} or ` : ''}${source.option}.`,
  });
}

/** Like readSecret for a new one: a prompt asks twice. */
export async function readNewSecret(terminal: Terminal, source: SecretSource): Promise<string> {
  const given = await givenSecret(terminal, source);
  if (given === '') throw empty(source);
  if (given !== undefined || !terminal.stdin.isTTY) return given ?? readSecret(terminal, source);
  const first = await promptSecret(terminal, `New ${source.what.replace(/^new /, '')}: `);
  if (first === '') throw empty(source);
  if (first === (await promptSecret(terminal, 'Once more: '))) return first;
  throw new SetupError(`The two were not the same.`, {
    code: 'secrets-differ',
    hint: 'Nothing was changed; try again.',
  });
}

function empty({ what }: SecretSource): SetupError {
  return new SetupError(`An empty ${what} protects nothing.`, {
    code: 'empty-secret',
    hint: 'Nothing was changed; choose one, or say --no-passphrase.',
  });
}

/** From the file or the environment. */
export async function givenSecret(
  terminal: Terminal,
  { what, file, variable }: SecretSource,
): Promise<string | undefined> {
  if (file === undefined) return variable === undefined ? undefined : terminal.env[variable];
  try {
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  } catch (cause) {
    throw new SetupError(`The ${what} file can't be read.`, { code: 'no-secret', hint: `Looked for ${file}`, cause });
  }
}

/** Reads one line without showing it. Ctrl-C and Ctrl-D end it. */
function promptSecret({ stdin, stderr, signal }: Terminal, question: string): Promise<string> {
  stderr.write(question);
  stdin.setRawMode?.(true);
  let line = '';
  return new Promise((resolve, reject) => {
    const finish = (act: () => void) => {
      stdin.off('data', onData);
      signal.removeEventListener('abort', onAbort);
      stdin.setRawMode?.(false);
      stdin.pause();
      stderr.write('\n');
      act();
    };
    const onAbort = () => finish(() => reject(signal.reason));
    const onData = (data: Buffer) => {
      const characters = [...data.toString()];
      for (const [index, character] of characters.entries()) {
        if (character === '\r' || character === '\n') {
          finish(() => resolve(line));
          // Pasted lines: what stands behind this one answers the next question.
          const rest = characters.slice(index + 1).join('');
          if (rest !== '') stdin.unshift(Buffer.from(rest));
          return;
        }
        if (character === '\u0003' || character === '\u0004') return finish(() => reject(new InterruptedError()));
        if (character === '\u007f' || character === '\b') line = [...line].slice(0, -1).join('');
        else line += character;
      }
    };
    stdin.on('data', onData);
    signal.addEventListener('abort', onAbort, { once: true });
    stdin.resume();
  });
}

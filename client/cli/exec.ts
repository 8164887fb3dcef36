/** `btr listen --exec`: a command for each message, its text on stdin, everything else in the environment. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { BtrError, errorText } from '../errors.ts';
import type { FileEvent, MessageEvent } from '../messenger/index.ts';

/** EX_TEMPFAIL of sysexits.h: the command wants to be asked again. */
const tryAgain = 75;
/** Pauses before the next try, from the first to the longest, in milliseconds. */
const firstPause = 1000;
const longestPause = 60_000;
/** How long an interrupted command has for its end, in milliseconds. */
const partingTime = 2000;

interface ExecOptions {
  readonly signal: AbortSignal;
  /** The descriptor that the command's own is: 2 where 1 is for events. */
  readonly stdout: 1 | 2;
  /** Whether one that ends with 75 is run again; else that is a failure as any other. */
  readonly retries: boolean;
}

/** @throws BtrError where the command fails; the caller keeps the message for the next time. */
export async function execFor(
  command: string,
  event: MessageEvent | FileEvent,
  { signal, stdout, retries }: ExecOptions,
): Promise<void> {
  for (let pause = firstPause; ; pause = Math.min(longestPause, pause * 2)) {
    signal.throwIfAborted();
    const how = await runOnce(command, event, signal, stdout);
    if (how === 0) return;
    if (how !== tryAgain || !retries) throw failed(typeof how === 'number' ? `ended with code ${how}` : how);
    await sleep(pause, undefined, { signal });
  }
}

/** Answers its exit code, or what else became of it. What it leaves running in the background is its own affair. */
async function runOnce(
  command: string,
  event: MessageEvent | FileEvent,
  signal: AbortSignal,
  stdout: 1 | 2,
): Promise<number | string> {
  const env = { ...withoutSecrets(process.env), ...variables(event) };
  const child = spawn(command, { shell: true, env, stdio: ['pipe', stdout, 'inherit'] });
  let killer: NodeJS.Timeout | undefined;
  const interrupt = () => {
    child.kill('SIGTERM');
    killer = setTimeout(() => child.kill('SIGKILL'), partingTime);
  };
  signal.addEventListener('abort', interrupt, { once: true });
  // A command that does not read its stdin is no failure.
  child.stdin?.on('error', () => {});
  child.stdin?.end(event.type === 'message' ? event.text : '');
  try {
    const [code, killedBy]: (number | string | null)[] = await once(child, 'exit');
    return typeof code === 'number' ? code : `was ended by ${killedBy}`;
  } catch (error) {
    return `could not be run: ${errorText(error)}`;
  } finally {
    clearTimeout(killer);
    signal.removeEventListener('abort', interrupt);
    child.stdin?.destroy();
  }
}

function variables(event: MessageEvent | FileEvent): NodeJS.ProcessEnv {
  const common = {
    BTR_KIND: event.type,
    BTR_CHANNEL: event.channel,
    BTR_ID: event.id,
    BTR_FROM: event.from,
    BTR_SENT_AT: new Date(event.sentAt).toISOString(),
  };
  if (event.type === 'message') return { ...common, BTR_SEQ: event.seq === null ? '' : String(event.seq) };
  const { name, size, path } = event;
  // No variable can hold a zero byte, and the name is whatever its sender wrote.
  return {
    ...common,
    BTR_FILE_NAME: name.replaceAll('\0', ''),
    BTR_FILE_SIZE: String(size),
    BTR_FILE_PATH: path ?? '',
  };
}

function withoutSecrets({ BTR_PASSPHRASE: _passphrase, BTR_PIN: _pin, ...rest }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return rest;
}

function failed(what: string): BtrError {
  return new BtrError('internal', `The command of --exec ${what}.`, {
    code: 'exec-failed',
    hint: 'Its message is kept and handed over again the next time.',
  });
}

/** `btr listen --exec`: a command for each message, its text on stdin, everything else in the environment. */
import { spawn } from 'node:child_process';
import { BtrError } from '../errors.ts';
import type { MessageEvent } from '../messenger/index.ts';

/**
 * @param stdout the descriptor that the command's own is: 2 where 1 is for events.
 * @throws BtrError where the command fails; the caller keeps the message for the next time.
 */
export function execFor(command: string, event: MessageEvent, signal: AbortSignal, stdout: 1 | 2): Promise<void> {
  const env = {
    ...withoutSecrets(process.env),
    BTR_CHANNEL: event.channel,
    BTR_ID: event.id,
    BTR_SEQ: event.seq === null ? '' : String(event.seq),
    BTR_FROM: event.from,
    BTR_SENT_AT: new Date(event.sentAt).toISOString(),
  };
  return new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, env, stdio: ['pipe', stdout, 'inherit'], signal });
    child.on('error', (cause) => reject(failed(`could not be run`, cause)));
    child.on('close', (code, killedBy) => {
      if (code === 0) resolve();
      else reject(failed(code === null ? `was ended by ${killedBy}` : `ended with code ${code}`));
    });
    // A command that does not read its stdin is no failure.
    child.stdin?.on('error', () => child.stdin?.destroy());
    child.stdin?.end(event.text);
  });
}

function withoutSecrets({ BTR_PASSPHRASE: _passphrase, BTR_PIN: _pin, ...rest }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return rest;
}

function failed(what: string, cause?: unknown): BtrError {
  return new BtrError('internal', `The command of --exec ${what}.`, {
    code: 'exec-failed',
    hint: 'Its message is kept and handed over again the next time.',
    cause,
  });
}

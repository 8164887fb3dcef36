/** A server in a process of its own, so that it takes no time from those who are measured talking to it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment } from '../bench.ts';
import type { Answer, Calls, Hello } from './protocol.ts';

/**
 * `cloud`: the embedded cloud. `stub`: queues only, with ten messages of a group a receive, as SQS has it. `parcels`:
 * the embedded cloud with a full bucket, see parcels-process.ts. `azurite` and `sshd` count no calls.
 */
export type EndpointKind = 'cloud' | 'stub' | 'parcels' | 'azurite' | 'sshd';

export interface Endpoint extends Hello {
  calls(): Promise<Calls>;
  /** Ends it at once, or lets it hang. */
  kill(how: 'SIGKILL' | 'SIGSTOP'): void;
  close(): Promise<void>;
}

export async function startEndpoint(kind: EndpointKind, args: readonly string[] = []): Promise<Endpoint> {
  const path = fileURLToPath(new URL(`./${kind}-process.ts`, import.meta.url));
  const child = fork(path, args, { env: cleanEnvironment() });
  const gone = once(child, 'exit');
  const answer = async (): Promise<Answer> => {
    const [message]: [Answer] | unknown[] = await Promise.race([
      once(child, 'message'),
      gone.then(() => Promise.reject(new Error(`The ${kind} ended.`))),
    ]);
    return message as Answer;
  };
  const first = await answer();
  if (!('hello' in first)) throw new Error('an endpoint that does not say where it is');
  return {
    ...first.hello,
    calls: async () => {
      const answered = answer();
      child.send('calls');
      const message = await answered;
      if (!('calls' in message)) throw new Error('an endpoint that does not count');
      return message.calls;
    },
    kill: (how) => void child.kill(how),
    close: async () => {
      if (child.connected) child.disconnect();
      await gone;
    },
  };
}

export function total(calls: Calls): number {
  return Object.values(calls).reduce((sum, count) => sum + count, 0);
}

/** Waiting until all of AWS knows an access key that was made just now. */
import { setTimeout as wait } from 'node:timers/promises';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { DropError } from '../../errors.ts';
import { directionTo, type Role } from '../../protocol/roles.ts';
import type { AwsAddress } from './address.ts';
import { sendOptions } from './calls.ts';
import { meanings } from './meanings.ts';
import { Queues } from './queues.ts';
import { answerTimeout, clientSettings } from './settings.ts';

export interface Clock {
  /** Milliseconds that never go back. */
  now(): number;
  /** @throws the signal's abort reason. */
  sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void>;
}

/** How long IAM may take until all of AWS knows a new key, in milliseconds ("Changes that I make are not always immediately visible"). */
const SETTLING = 30_000;
/** First and longest pause between two tries meanwhile. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5_000;

export const realClock: Clock = {
  now: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    try {
      await wait(milliseconds, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};

/** Repeats what is refused only because the key that signs is too new. */
export async function untilKnown(
  run: () => Promise<void>,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = clock.now() + SETTLING;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return await run();
    } catch (error) {
      if (!isRefusal(error) || clock.now() + pause > deadline) throw error;
    }
    await clock.sleep(pause, signal);
  }
}

function isRefusal(error: unknown): boolean {
  const codes: string[] = [meanings.invalidCredentials.code, meanings.denied.code];
  return error instanceof DropError && codes.includes(error.code);
}

export interface UsableOptions {
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
}

/** Resolves once the queue service takes the key in the address. @throws DropError, after 30 s where it refuses. */
export async function untilUsable(
  address: AwsAddress,
  role: Role,
  { signal, clock = realClock }: UsableOptions = {},
): Promise<void> {
  const queues = new Queues(address, clientSettings(address, undefined, undefined));
  const options = sendOptions(signal, answerTimeout(queues.settings, 0));
  const look = async () => {
    await queues.call('GetQueueAttributes', directionTo(role), signal, (QueueUrl) =>
      queues.client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }), options),
    );
  };
  try {
    await untilKnown(look, clock, signal);
  } finally {
    queues.close();
  }
}

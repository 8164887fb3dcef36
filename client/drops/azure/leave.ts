/** Leaving letters on a queue, in order. The queue knows no batches and no repeats: each is a request of its own. */
import { DropError } from '../../errors.ts';
import type { Direction } from '../../protocol/roles.ts';
import type { Letter } from '../drop.ts';
import { bodyBytes } from './limits.ts';
import type { Queues } from './queues.ts';

/** Seconds after which the queue forgets a message. */
const timeToLive = 14 * 86_400;

/**
 * One after the other: requests side by side would arrive in any order. Most of the speed is in the packing of messages
 * into letters. @throws DropError; what stood before the one that failed is left.
 */
export async function leaveLetters(
  queues: Queues,
  direction: Direction,
  letters: readonly Letter[],
  signal: AbortSignal | undefined,
): Promise<void> {
  if (letters.some(({ body }) => Buffer.byteLength(body) > bodyBytes)) throw tooLarge();
  for (const { body } of letters) {
    await queues.call('leave messages', direction, signal, (client, options) =>
      client.sendMessage(body, { ...options, messageTimeToLive: timeToLive }),
    );
  }
}

function tooLarge(): DropError {
  return new DropError(`A body is larger than a queue of Azure takes (${bodyBytes} bytes).`, {
    code: 'too-large',
    hint: 'Send it as a file: large messages go through the blob store.',
    retryable: false,
  });
}

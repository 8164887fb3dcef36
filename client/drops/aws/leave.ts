/**
 * Leaving letters on a queue, in order: up to ten, or 1 MiB, in a call. All bodies of one direction are in one message
 * group, so SQS keeps their order; each has a deduplication id, so that a repeated call leaves nothing twice.
 */
import { createHash } from 'node:crypto';
import { SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { DropError } from '../../errors.ts';
import type { Direction } from '../../protocol/roles.ts';
import type { Letter } from '../drop.ts';
import { pause, sendOptions } from './calls.ts';
import { entryError } from './errors.ts';
import type { Queues } from './queues.ts';
import { answerTimeout } from './settings.ts';

/** SQS's limits: bytes of one body, bodies in a call, bytes in a call. */
export const BODY_BYTES = 1_048_576;
export const BATCH_BODIES = 10;
export const BATCH_BYTES = 1_048_576;

export interface LeaveStyle {
  /** The message group of everything this side sends. */
  readonly groupId: string;
  /**
   * `explicit`: each body carries a deduplication id. `content`: none is sent, one message a call, and the queue's
   * ContentBasedDeduplication does the rest, as the original btrchat has it.
   */
  readonly deduplication: 'explicit' | 'content';
}

interface Message {
  readonly MessageBody: string;
  readonly MessageGroupId: string;
  readonly MessageDeduplicationId?: string;
}

/** @throws DropError; bodies from the first that failed on may or may not have been left. */
export async function leaveLetters(
  queues: Queues,
  direction: Direction,
  style: LeaveStyle,
  letters: readonly Letter[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const letter of letters) assertFits(letter, direction);
  for (const batch of batches(letters, style)) {
    await leaveBatch(
      queues,
      direction,
      batch.map((letter) => toMessage(letter, style)),
      signal,
    );
  }
}

function assertFits(letter: Letter, direction: Direction): void {
  if (Buffer.byteLength(letter.body) <= BODY_BYTES) return;
  throw new DropError(`A body is larger than a queue takes (${BODY_BYTES} bytes, ${direction}).`, {
    code: 'too-large',
    hint: 'Send it as a file: large messages go through the bucket.',
    retryable: false,
  });
}

/** Runs of letters that fit in one call, in order. */
function* batches(letters: readonly Letter[], style: LeaveStyle): Generator<readonly Letter[]> {
  const most = style.deduplication === 'content' ? 1 : BATCH_BODIES;
  let batch: Letter[] = [];
  let bytes = 0;
  for (const letter of letters) {
    const size = Buffer.byteLength(letter.body);
    if (batch.length === most || (batch.length > 0 && bytes + size > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(letter);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function toMessage(letter: Letter, style: LeaveStyle): Message {
  const message = { MessageBody: letter.body, MessageGroupId: style.groupId };
  if (style.deduplication === 'content') return message;
  return { ...message, MessageDeduplicationId: letter.deduplicationId ?? sha256(letter.body) };
}

function sha256(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

/**
 * Sends until all of a batch is left. Where some entries failed, everything from the first of them is sent again: what
 * was already taken is recognised by its deduplication id, and no later body is left while an earlier one is missing.
 */
async function leaveBatch(
  queues: Queues,
  direction: Direction,
  batch: readonly Message[],
  signal: AbortSignal | undefined,
): Promise<void> {
  let rest = batch;
  let tries = 0;
  while (rest.length > 0) {
    const failure = await send(queues, direction, rest, signal);
    if (failure === undefined) return;
    tries = failure.index > 0 ? 1 : tries + 1;
    if (!failure.error.retryable || tries >= queues.settings.timing.attempts) throw failure.error;
    rest = rest.slice(failure.index);
    await pause(queues.settings.timing, tries, signal);
  }
}

interface Failure {
  /** The first message that was not taken. */
  readonly index: number;
  readonly error: DropError;
}

/** One call. A single message needs no batch: its failure is the call's. */
async function send(
  queues: Queues,
  direction: Direction,
  messages: readonly Message[],
  signal: AbortSignal | undefined,
): Promise<Failure | undefined> {
  const bytes = messages.reduce((sum, message) => sum + message.MessageBody.length, 0);
  const options = sendOptions(signal, answerTimeout(queues.settings, bytes));
  const [single] = messages;
  if (messages.length === 1 && single !== undefined) {
    await queues.call('SendMessage', direction, signal, (QueueUrl) =>
      queues.client.send(new SendMessageCommand({ QueueUrl, ...single }), options),
    );
    return undefined;
  }
  const Entries = messages.map((message, index) => ({ Id: String(index), ...message }));
  const result = await queues.call('SendMessage', direction, signal, (QueueUrl) =>
    queues.client.send(new SendMessageBatchCommand({ QueueUrl, Entries }), options),
  );
  const taken = new Set(result.Successful?.map((entry) => entry.Id));
  const index = messages.findIndex((_, position) => !taken.has(String(position)));
  if (index < 0) return undefined;
  const entry = result.Failed?.find((failed) => failed.Id === String(index));
  const attempt = queues.attempt('SendMessage', direction);
  return { index, error: entryError(entry?.Code, entry?.SenderFault === true, entry?.Message ?? '', attempt) };
}

/** Counting what goes over the line to SQS and S3, within the SDK's clients: every attempt, not every call. */
import { parseParcelKey } from '../../protocol/parcel-key.ts';
import type { Meter } from '../usage.ts';

/**
 * What SQS bills as one request: each 64 KiB of a call's payload, which is the bodies in it (Amazon SQS pricing). An
 * answer's payload counts in place of the call's where messages are received.
 */
export const BILLED_BYTES = 65_536;

const HOUR = 3_600_000;

/** Where in a client's middleware stack: outside of what reads answers, and inside of what repeats requests. */
export const eachAttempt = { step: 'deserialize', priority: 'high', name: 'btrMeter' } as const;

interface Sending {
  readonly input: unknown;
  readonly request: unknown;
}

interface Answer {
  readonly response: unknown;
  readonly output?: unknown;
}

/**
 * The SDK's middleware that tells a meter of each attempt once its answer, or its failure, is known. Bytes are those of
 * the bodies as their heads announce them: of a download that breaks off, more than came. An attempt that found nobody
 * to answer counts as well, since it can't be told from one whose answer was lost.
 */
export function metering(meter: Meter) {
  return <Args extends Sending, Result extends Answer>(
    next: (args: Args) => Promise<Result>,
    { commandName = '' }: { readonly commandName?: string },
  ) =>
    async (args: Args): Promise<Result> => {
      const operation = commandName.replace(/Command$/, '');
      const sent = contentLength(args.request);
      const count = (response: unknown, output: unknown, byteHours: number) => {
        const billed = Math.max(1, Math.ceil(payloadBytes(args.input, output) / BILLED_BYTES));
        meter({ operation, sent, received: contentLength(response), billed, byteHours });
      };
      let answer: Result;
      try {
        answer = await next(args);
      } catch (error) {
        count(field(error, '$response'), undefined, 0);
        throw error;
      }
      count(answer.response, answer.output, storedByteHours(args.input, sent));
      return answer;
    };
}

/** The bodies of messages that were sent or received, together. */
function payloadBytes(input: unknown, output: unknown): number {
  const bodies = [
    field(input, 'MessageBody'),
    ...list(field(input, 'Entries')).map((entry) => field(entry, 'MessageBody')),
    ...list(field(output, 'Messages')).map((message) => field(message, 'Body')),
  ];
  return bodies.reduce<number>((sum, body) => sum + (typeof body === 'string' ? Buffer.byteLength(body) : 0), 0);
}

/** A parcel's key tells how long it may stay, and whatever has a body in its request is stored under its key. */
function storedByteHours(input: unknown, bytes: number): number {
  const key = field(input, 'Key');
  const parcel = typeof key === 'string' && field(input, 'Body') !== undefined ? parseParcelKey(key) : undefined;
  return parcel === undefined ? 0 : (bytes * Math.max(0, parcel.expiresAt - Date.now())) / HOUR;
}

/** 0 where the head of a request or an answer does not tell. */
function contentLength(message: unknown): number {
  const length = Number(field(field(message, 'headers'), 'content-length') ?? 0);
  return Number.isSafeInteger(length) ? length : 0;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Reading an address strictly: nothing unknown, nothing of a wrong type, nothing over-long. */
import { UsageError } from '../../errors.ts';

/** Longer than any URL of a queue or of an endpoint. */
const LONGEST = 512;

export function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badAddress(`${what} is not an object`);
  return { ...value };
}

export function known(fields: Record<string, unknown>, names: readonly string[]): void {
  const unknown = Object.keys(fields).find((name) => !names.includes(name));
  if (unknown !== undefined) throw badAddress(`${quoted(unknown)} is not a part of it`);
}

export function text(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '') throw badAddress(`${what} is missing`);
  if (value.length > LONGEST) throw badAddress(`${what} is over-long`);
  return value;
}

export function optionalText(value: unknown, what: string): string | undefined {
  return value === undefined ? undefined : text(value, what);
}

/** As it may stand in a sentence: short, and without anything that a terminal would obey. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}...` : value);
}

export function badAddress(what: string): UsageError {
  return new UsageError(`The AWS drop's address can't be used: ${what}.`, {
    code: 'bad-address',
    hint: 'An address looks like aws:tx=QUEUE.fifo,rx=QUEUE.fifo,bucket=NAME,region=eu-central-1; queues are names or URLs.',
  });
}

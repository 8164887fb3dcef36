/** Points in time as people write them. */
import { UsageError } from '../../errors.ts';
import { parseDuration } from '../format.ts';

const datePattern = /^(\d{4})-(\d{2})-(\d{2})$/;
/** RFC 3339 section 5.6, with a space for the T as its note allows. */
const timePattern =
  /^(\d{4}-\d{2}-\d{2})[Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/**
 * `2026-11-20` (that local day's beginning), `2026-11-20T12:03:00+01:00`, or `7d` (so long before now), to milliseconds
 * since 1970. @throws UsageError with code `bad-time`.
 */
export function parseSince(text: string, now = Date.now()): number {
  return startOfDay(text, 0) ?? moment(text, now);
}

/** The same, except that a day counts to its end. */
export function parseUntil(text: string, now = Date.now()): number {
  return startOfDay(text, 1) ?? moment(text, now);
}

function moment(text: string, now: number): number {
  const [, date = ''] = timePattern.exec(text) ?? [];
  if (startOfDay(date, 0) !== undefined) return Date.parse(text.toUpperCase().replace(' ', 'T'));
  try {
    return now - parseDuration(text);
  } catch (cause) {
    throw new UsageError(`${JSON.stringify(text)} is not a time.`, {
      code: 'bad-time',
      hint: 'Write a day (2026-11-20), a time with its zone (2026-11-20T12:03:00Z), or how long ago (7d, 12h).',
      cause,
    });
  }
}

/** By the local clock, so many days later; undefined for what is no day of the calendar. */
function startOfDay(text: string, later: number): number | undefined {
  const [, year = 0, month = 0, date = 0] = (datePattern.exec(text) ?? []).map(Number);
  const day = new Date(year, month - 1, date);
  if (month === 0 || day.getMonth() !== month - 1 || day.getDate() !== date) return undefined;
  return new Date(year, month - 1, date + later).getTime();
}

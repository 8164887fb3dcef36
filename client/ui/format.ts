/** Sizes, times and durations, for people and from people. */
import { UsageError } from '../errors.ts';

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function size(bytes: number): string {
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** `12:03`, local. */
export function clock(time: number): string {
  const date = new Date(time);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** `2026-11-20 12:03`, local. */
export function day(time: number): string {
  const date = new Date(time);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(time)}`;
}

const durations = new Map([
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** `90s`, `10m`, `1h`, `7d` to milliseconds. @throws UsageError with code `bad-duration`. */
export function parseDuration(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const factor = durations.get(unit ?? '');
  if (count !== undefined && factor !== undefined && Number(count) > 0) return Number(count) * factor;
  throw new UsageError(`${JSON.stringify(text)} is not a duration.`, {
    code: 'bad-duration',
    hint: 'Write a number and a unit: 90s, 10m, 1h, 7d.',
  });
}

/** @throws UsageError with code `bad-number`. */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UsageError(`${JSON.stringify(text)} is not a whole number above 0.`, { code: 'bad-number' });
}

/** Seconds, with a fraction if need be, to milliseconds. @throws UsageError with code `bad-number`. */
export function parseSeconds(text: string): number {
  if (/^\d{1,6}(\.\d+)?$/.test(text)) return Number(text) * 1000;
  throw new UsageError(`${JSON.stringify(text)} is not a number of seconds.`, { code: 'bad-number' });
}

/** @throws UsageError with code `bad-number`. */
export function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new UsageError(`${JSON.stringify(text)} is not a port.`, { code: 'bad-number', hint: '0 takes any free one.' });
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

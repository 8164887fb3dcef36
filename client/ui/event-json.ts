/** Events as scripts and pages see them: `event` for the type, times as RFC 3339. */
import type { ChannelEvent } from '../messenger/index.ts';

/** One line of NDJSON, before it is written. */
export function eventJson(event: ChannelEvent): Record<string, unknown> {
  const { type, ...fields } = event;
  const times = Object.entries(fields).map(([name, value]) => [name, name.endsWith('At') ? rfc3339(value) : value]);
  return { event: type, ...Object.fromEntries(times) };
}

export function rfc3339(time: unknown): string | null {
  return typeof time === 'number' ? new Date(time).toISOString() : null;
}

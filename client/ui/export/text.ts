/** The history as text: one line a message, and nothing that a message holds can look like another line. */
import type { FileEvent, HistoryEvent } from '../../messenger/index.ts';
import { day, size } from '../format.ts';
import { visible } from '../visible.ts';

/** `2026-11-20 12:03  alice [delivered]: text`, by the local clock. Lines after the first stand under it. */
export function textLine(event: HistoryEvent): string {
  if (event.type === 'notice') return `*** ${underneath(event.text)}`;
  const { from, sentAt, state } = event;
  const head = `${day(sentAt)}  ${oneLine(from)}${state ? ` [${state}]` : ''}`;
  return event.type === 'message' ? `${head}: ${underneath(event.text)}` : `${head} sent a file: ${fileWords(event)}`;
}

/** Name, size and the beginning of the id, by which `btr get` finds it. */
export function fileWords({ id, name, size: bytes }: FileEvent): string {
  return `${oneLine(name)}, ${size(bytes)} (${id.slice(0, 8)})`;
}

/** Names have no second line. */
export function oneLine(text: string): string {
  return visible(text).replaceAll('\n', '\u240a');
}

function underneath(text: string): string {
  return visible(text).replaceAll('\n', '\n    ');
}

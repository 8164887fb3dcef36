/** Texts cut, split and dated for the page. Pure. */
import { clock } from '../../ui/format.ts';
import type { ApiMessageState } from '../api.ts';

/** A text of at most so many UTF-16 units, with an ellipsis where something is left out; no character is cut in two. */
export function clipped(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${cut(text, most)}…`;
}

/** The beginning of a text, not longer than this and without half a character at its end. */
export function cut(text: string, most: number): string {
  const last = text.charCodeAt(most - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? most - 1 : most);
}

export type Piece = { readonly text: string; readonly href?: string };

/** A URL ends before what closes a sentence or a bracket; brackets within it come in pairs. */
const url = /\bhttps?:\/\/(?:\([^\s<>"'`()]*\)|[^\s<>"'`()])*(?:\([^\s<>"'`()]*\)|[^\s<>"'`.,;:!?()\]}*_])/giu;

/**
 * A text in pieces, those that are web addresses with where they lead. Only http and https; a name that looks like
 * another one in other letters is shown as the network sees it, behind the address.
 */
export function pieces(text: string): readonly Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const { 0: match, index } of text.matchAll(url)) {
    const target = URL.parse(match);
    const hasLogin = target?.username !== '' || target.password !== '';
    if (hasLogin) continue;
    if (index > end) found.push({ text: text.slice(end, index) });
    found.push({ text: match, href: target.href });
    end = index + match.length;
    const isPlain = match.toLowerCase().includes(target.host);
    if (!isPlain) found.push({ text: ` (${target.host})` });
  }
  if (end < text.length) found.push({ text: text.slice(end) });
  return found;
}

/** `Today`, `Yesterday`, or the day in the reader's language. */
export function dayWords(time: string, now: Date): string {
  const date = new Date(time);
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (date.toDateString() === now.toDateString()) return 'Today';
  if (date.toDateString() === yesterday.toDateString()) return 'Yesterday';
  const year = date.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const);
  return date.toLocaleDateString(undefined, { weekday: 'long', day: 'numeric', month: 'long', ...year });
}

const deliveries: Readonly<Record<ApiMessageState, string>> = {
  queued: 'Queued: waits to be sent',
  sent: 'Sent: a drop has it',
  delivered: 'Delivered: it is in your buddy’s home',
};

export function deliveryWords(state: ApiMessageState): string {
  return deliveries[state];
}

const spans: readonly (readonly [number, string])[] = [
  [604_800, 'week'],
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];

/** `1 hour`, `90 seconds`: the largest unit that fits without a rest. */
export function spanWords(seconds: number): string {
  const [unit, name] = spans.find(([length]) => seconds % length === 0) ?? [1, 'second'];
  const count = seconds / unit;
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** How long until then, roughly: `3 days left`. */
export function timeLeft(until: string, now: number): string {
  const seconds = Math.floor((Date.parse(until) - now) / 1000);
  if (seconds <= 0) return 'expired';
  const [unit, name] = spans.find(([length]) => seconds >= length && length < 604_800) ?? [1, 'second'];
  const count = Math.floor(seconds / unit);
  return `${count} ${name}${count === 1 ? '' : 's'} left`;
}

/** Digits in groups of five, as they are read out. */
export function groups(digits: string): readonly string[] {
  return digits.match(/\d{1,5}/g) ?? [];
}

/** `14:05` for today, else the date: for the roster. */
export function shortTime(time: string, now: Date): string {
  const date = new Date(time);
  if (date.toDateString() === now.toDateString()) return clock(date.getTime());
  return date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
}

/** A long text from shortly before where this stands in it. */
export function around(text: string, found: string): string {
  const index = text.toLowerCase().indexOf(found.toLowerCase());
  return index < 80 ? text : `…${text.slice(index - 40)}`;
}

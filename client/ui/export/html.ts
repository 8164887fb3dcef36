/**
 * The history as one page that stands alone: it loads nothing and runs nothing, and what messages hold is text in it,
 * whatever they hold. The policy in it allows its own style, by its hash, and nothing else (W3C, "Content Security
 * Policy Level 3", section 2.3.1).
 */
import { createHash } from 'node:crypto';
import type { FileEvent, HistoryEvent, MessageEvent } from '../../messenger/index.ts';
import { rfc3339 } from '../event-json.ts';
import { clock, day } from '../format.ts';
import { visible } from '../visible.ts';
import { style } from './style.ts';
import { fileWords, oneLine } from './text.ts';

interface About {
  readonly channel: string;
  readonly owner: string;
}

/** Head, a heading a day, an article a message, and the end. */
export function* htmlLines(events: Iterable<HistoryEvent>, about: About): Generator<string> {
  yield head(about);
  let lastDay = '';
  for (const event of events) {
    if (event.type !== 'notice') {
      const date = day(event.sentAt).slice(0, 10);
      if (date !== lastDay) yield `<h2><time datetime="${date}">${dayWords(event.sentAt)}</time></h2>`;
      lastDay = date;
    }
    yield event.type === 'notice' ? `<p class="notice" dir="auto">${escaped(event.text)}</p>` : article(event);
  }
  yield '</main>\n</body>\n</html>';
}

function head({ channel, owner }: About): string {
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">
<meta name="referrer" content="no-referrer">
<title>${escaped(owner)} and ${escaped(channel)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1><bdi>${escaped(owner)}</bdi> and <bdi>${escaped(channel)}</bdi></h1>`;
}

function article(event: MessageEvent | FileEvent): string {
  const { from, sentAt, receivedAt, state } = event;
  const mine = receivedAt === null ? ' class="mine"' : '';
  const at = `<time datetime="${rfc3339(sentAt)}">${clock(sentAt)}</time>`;
  const mark = state ? ` <small>${state}</small>` : '';
  const body =
    event.type === 'message'
      ? `<div dir="auto">${escaped(event.text)}</div>`
      : `<div class="file">file <bdi>${escaped(fileWords(event))}</bdi></div>`;
  return `<article${mine}><header><bdi>${escaped(oneLine(from))}</bdi> ${at}${mark}</header>${body}</article>`;
}

function dayWords(time: number): string {
  return new Date(time).toLocaleDateString('en', { dateStyle: 'full' });
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as text, wherever it stands in a page; what can't be seen in it is shown. */
function escaped(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

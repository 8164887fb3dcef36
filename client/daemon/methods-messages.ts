/** Sending and reading, as methods of `btr daemon`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DropError, type Queued, type QueueOptions } from '../messenger/index.ts';
import { assertAcknowledged, notDelivered } from '../ui/delivery.ts';
import { eventJson, rfc3339 } from '../ui/event-json.ts';
import type { Daemon } from './daemon.ts';
import type { Params } from './params.ts';
import type { Call, Method } from './server.ts';
import { entryJson } from './subscription.ts';

/** Entries in one answer, at most and where nobody says. */
const mostEntries = 1000;
const usualEntries = 100;
/** How often to look whether everything is delivered, in milliseconds. */
const glance = 50;
const longestWait = 3_600_000;

export function messageMethods(daemon: Daemon): Record<string, Method> {
  return { ...sending(daemon), ...reading(daemon) };
}

function sending(daemon: Daemon): Record<string, Method> {
  const { messenger } = daemon;
  return {
    queue(params) {
      const [channel, texts, options] = [params.text('channel'), params.texts('texts'), readIds(params)];
      return async () => ({ messages: await queue(daemon, channel, texts, options) });
    },
    deliver(params) {
      const channel = params.text('channel');
      return ({ signal }) => deliver(daemon, channel, signal);
    },
    wait(params) {
      const [channel, timeout] = [params.text('channel'), params.optionalSeconds('timeout')];
      return ({ signal }) => untilDelivered(daemon, channel, timeout, signal);
    },
    send(params) {
      const [channel, texts, options] = [params.text('channel'), params.texts('texts'), readIds(params)];
      const wait = params.word('wait', ['queued', 'sent', 'delivered'], 'sent');
      const timeout = params.optionalSeconds('timeout');
      return async ({ signal }: Call) => {
        if (wait === 'delivered') assertAcknowledged(messenger, channel);
        const messages = await queue(daemon, channel, texts, options);
        if (wait === 'queued') daemon.conversations.deliver(channel);
        const left = wait === 'queued' ? {} : await deliver(daemon, channel, signal);
        if (wait === 'delivered') await untilDelivered(daemon, channel, timeout, signal);
        return { messages, ...left };
      };
    },
  };
}

function reading(daemon: Daemon): Record<string, Method> {
  const { messenger } = daemon;
  return {
    history(params) {
      const [channel, limit] = [params.text('channel'), readLimit(params)];
      const [before, after] = [params.optionalInteger('before'), params.optionalInteger('after')];
      return () => ({ entries: messenger.page(channel, { before, after, limit }).map(entryJson) });
    },
    search(params) {
      const [channel, text, limit] = [params.text('channel'), params.text('text'), readLimit(params)];
      const before = params.optionalInteger('before');
      return async ({ signal }) => {
        const entries: Record<string, unknown>[] = [];
        for await (const entry of messenger.search(channel, text, before)) {
          signal.throwIfAborted();
          entries.push(entryJson(entry));
          if (entries.length === limit) break;
        }
        return { entries };
      };
    },
    unread(params) {
      const channel = params.text('channel');
      return () => {
        const { count, first } = messenger.unread(channel);
        return { count, first: first ?? null };
      };
    },
    read(params) {
      const [channel, row] = [params.text('channel'), params.integer('row')];
      return () => {
        const read = messenger.markRead(channel, row);
        daemon.conversations.refresh();
        return { read };
      };
    },
  };
}

function readIds(params: Params): QueueOptions {
  return { ids: params.optionalTexts('ids'), again: params.flag('again') };
}

function readLimit(params: Params): number {
  return Math.min(mostEntries, params.optionalInteger('limit') ?? usualEntries);
}

async function queue(
  { messenger, conversations }: Daemon,
  channel: string,
  texts: readonly string[],
  options: QueueOptions,
): Promise<Record<string, unknown>[]> {
  const messages: Queued[] = await messenger.queue(channel, texts, options);
  conversations.refresh();
  return messages.map(({ sentAt, ...queued }) => ({ ...queued, sentAt: rfc3339(sentAt) }));
}

/** Leaves everything that waits. Answers what still does, since the buddy has not joined, say. */
async function deliver(
  { messenger, conversations }: Daemon,
  channel: string,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const notices: Record<string, unknown>[] = [];
  try {
    await messenger.deliver(channel, { signal, onNotice: ({ event }) => notices.push(eventJson(event)) });
  } catch (error) {
    // It is tried again without anybody asking.
    if (error instanceof DropError) conversations.deliver(channel);
    throw error;
  }
  conversations.refresh();
  return { queued: messenger.pending(channel).queued, notices };
}

async function untilDelivered(
  { messenger }: Daemon,
  channel: string,
  timeout = longestWait,
  signal: AbortSignal,
): Promise<void> {
  assertAcknowledged(messenger, channel);
  const end = performance.now() + timeout;
  while (!messenger.isAllDelivered(channel)) {
    if (performance.now() >= end) throw notDelivered(messenger, channel);
    await sleep(glance, undefined, { signal });
  }
}

/** A channel's talk and its settings. */
import { takeOtherRole } from '../../ui/swap.ts';
import type { ApiEntry, CheckedDrop, Drops, Entries } from '../api.ts';
import { badRequest } from '../errors.ts';
import type { Exchange, Routes } from '../exchange.ts';
import { countIn } from '../fields.ts';
import { apiEntry } from '../state.ts';

const usualPage = 50;
const largestPage = 400;
const mostFound = 50;

export const channelRoutes: Routes = {
  'GET channels/:channel/messages': messages,
  'POST channels/:channel/messages': send,
  'POST channels/:channel/read': read,
  'GET channels/:channel/search': search,
  'GET channels/:channel/drops': drops,
  'POST channels/:channel/check': check,
  'POST channels/:channel/swap': swap,
  'POST channels/:channel/timer': setTimer,
};

function messages({ web, channel, query }: Exchange): Entries {
  const after = countIn(query, 'after');
  const limit = Math.max(1, Math.min(largestPage, countIn(query, 'limit') ?? usualPage));
  const entries = web.conversations.page(channel, { before: countIn(query, 'before'), after, limit: limit + 1 });
  const more = entries.length > limit;
  // The one too many stands at the end that was asked towards.
  const wanted = after === undefined ? entries.slice(-limit) : entries.slice(0, limit);
  return { entries: wanted.map(apiEntry), more };
}

async function send(exchange: Exchange): Promise<object> {
  const { web, channel } = exchange;
  const fields = await exchange.body();
  const ids = fields.optionalStrings('ids');
  await web.messenger.queue(channel, fields.strings('texts'), { ids, again: ids !== undefined });
  web.conversations.refresh();
  web.conversations.deliver(channel);
  return {};
}

async function read(exchange: Exchange): Promise<object> {
  const { web, channel } = exchange;
  web.conversations.markRead(channel, (await exchange.body()).count('row'));
  return {};
}

async function search({ web, channel, query, signal }: Exchange): Promise<Entries> {
  const text = query.get('q') ?? '';
  if (text === '') throw badRequest('Search for what?');
  const entries: ApiEntry[] = [];
  for await (const entry of web.messenger.search(channel, text, countIn(query, 'before'))) {
    signal.throwIfAborted();
    if (entries.length === mostFound) return { entries, more: true };
    entries.push(apiEntry(entry));
  }
  return { entries, more: false };
}

async function drops({ web: { messenger }, channel }: Exchange): Promise<Drops> {
  const all = await messenger.drops(channel);
  return { policy: messenger.dropPolicy(channel), drops: all.map(({ id, text, state }) => ({ id, text, state })) };
}

async function check({ web: { messenger }, channel, signal }: Exchange): Promise<{ drops: readonly CheckedDrop[] }> {
  const checked = await messenger.checkDrops(channel, undefined, signal);
  return { drops: checked.map(({ drop: { text }, findings }) => ({ text, findings })) };
}

async function swap({ web, channel, signal }: Exchange): Promise<object> {
  await takeOtherRole(web.messenger, channel, signal);
  web.conversations.refresh();
  return {};
}

async function setTimer(exchange: Exchange): Promise<object> {
  const { web, channel } = exchange;
  const fields = await exchange.body();
  web.messenger.changeChannel(channel, { timer: fields.isNull('seconds') ? 'off' : fields.count('seconds') * 1000 });
  web.conversations.refresh();
  return {};
}

/** `btr drop list`, `remove` and `use`. */
import { UsageError } from '../errors.ts';
import { type Messenger, type RemovedDrop, reasonsText } from '../messenger/index.ts';
import { dropFields, dropRows, isDropPolicy, policyWords, shortId } from '../ui/drop-words.ts';
import { visible } from '../ui/visible.ts';
import { addressed, chooseChannel, type Running, withMessenger } from './command.ts';
import { deliverOrTell } from './deliver.ts';
import { fileList, tellLeftBehind } from './left-behind.ts';

export function listDrops(running: Running, given: string | undefined): Promise<void> {
  return withMessenger(running, (messenger) => showDrops(running, messenger, chooseChannel(messenger, given)));
}

async function showDrops({ output }: Running, messenger: Messenger, channel: string): Promise<void> {
  const drops = await messenger.drops(channel);
  const policy = messenger.dropPolicy(channel);
  for (const drop of drops) output.event({ event: 'drop', channel, ...dropFields(drop), policy });
  if (output.json) return;
  for (const row of dropRows(drops)) output.line(row);
  if (drops.filter(({ state }) => state === 'used').length > 1) output.note(policyWords(policy));
  for (const drop of drops.filter(({ state }) => state === 'offered')) {
    output.note(visible(`${channel} offers ${shortId(drop)}. ${reasonsText(drop.reasons)}`));
    output.note(
      `To use it: btr drop add ${channel} ${shortId(drop)}. To decline: btr drop remove ${channel} ${shortId(drop)}`,
    );
  }
}

export function removeDrop(running: Running, words: readonly string[], force: boolean): Promise<void> {
  const { output, terminal } = running;
  return withMessenger(running, async (messenger) => {
    const { channel, rest } = addressed(messenger, words, 1);
    const [id] = rest;
    if (id === undefined) {
      throw new UsageError('Which drop?', { code: 'which-drop', hint: `btr drop list ${channel} shows their ids.` });
    }
    const removed = await messenger.removeDrop(channel, id, {
      force,
      signal: terminal.signal,
      onEvent: (event) => output.channelEvent(event),
    });
    tellRemoved(running, channel, removed);
    if (removed.drop.state === 'used') await deliverOrTell(running, messenger, channel, 'Not in another drop yet');
  });
}

function tellRemoved({ output }: Running, channel: string, removed: RemovedDrop): void {
  const { drop, again, sentFiles, lostFiles } = removed;
  const files = { sentFiles: sentFiles.map(({ id }) => id), lostFiles: lostFiles.map(({ id }) => id) };
  output.event({ event: 'drop-removed', channel, ...dropFields(drop), again, ...files });
  if (drop.state === 'offered') {
    output.note(`The offer of ${channel} is declined: ${visible(drop.text)}`);
    return;
  }
  output.note(`Channel ${channel} goes over ${visible(drop.text)} no more, and ${channel} hears of it.`);
  tellLeftBehind(output, channel, removed, `goes out again once ${channel} has heard of it`);
  if (sentFiles.length > 0) {
    const text = `These files of yours may lie there alone: ${fileList(sentFiles)}. Send again what ${channel} has not fetched.`;
    output.warn('files-stay', text);
  }
  if (again > 0) output.note(`${again === 1 ? 'A message' : `${again} messages`} not acknowledged yet: out again.`);
}

export function useDrops(running: Running, words: readonly string[], first: string | undefined): Promise<void> {
  return withMessenger(running, async (messenger) => {
    const { channel, rest } = addressed(messenger, words, 1);
    const policy = readPolicy(rest[0]);
    if (policy === undefined && first === undefined) {
      throw new UsageError('Nothing to set.', { code: 'nothing-to-set', hint: 'See: btr drop use --help' });
    }
    await messenger.useDrops(channel, { policy, first });
    await showDrops(running, messenger, channel);
  });
}

function readPolicy(word: string | undefined) {
  if (word === undefined || isDropPolicy(word)) return word;
  throw new UsageError(`${JSON.stringify(word)} is neither a channel nor a way to choose among drops.`, {
    code: 'bad-policy',
    hint: 'Say first, all, random or meet.',
  });
}

/** Commands of the chat on its drops. */
import type { CheckedDrop, Messenger } from '../../messenger/index.ts';
import { dropRows, isDropPolicy, policyWords, shortId } from '../drop-words.ts';
import { visible } from '../visible.ts';
import type { ChatCommand, ChatHost } from './command.ts';

export const dropCommands: readonly ChatCommand[] = [
  {
    name: 'drop',
    usage: '/drop [test|use POLICY]',
    what: 'the drops and how they are; test one by one; choose among them',
    complete: async ({ messenger, channel }, words) => {
      if (words.length === 1) return ['test', 'use'];
      if (words.length > 2) return [];
      return words[0] === 'use'
        ? ['first', 'all', 'random', 'meet']
        : (await usedDrops(messenger, channel)).map(shortId);
    },
    run: drop,
  },
  { name: 'check', usage: '/check', what: 'look whether the drop is well', run: check },
];

async function drop(host: ChatHost, rest: string): Promise<void> {
  const [what = '', which] = rest.split(/\s+/);
  if (what === '') return listDrops(host);
  if (what === 'test') return testDrops(host, which);
  if (what === 'use' && which !== undefined && isDropPolicy(which)) {
    await host.messenger.useDrops(host.channel, { policy: which });
    return host.say(policyWords(which));
  }
  host.say('/drop lists them, /drop test [ID] tests them, /drop use first, all, random or meet chooses among them.');
}

async function listDrops({ messenger, channel, signal, say }: ChatHost): Promise<void> {
  const [drops, checked] = await Promise.all([
    messenger.drops(channel),
    messenger.checkDrops(channel, undefined, signal),
  ]);
  for (const [index, row] of dropRows(drops).entries()) {
    const found = checked.find(({ drop: { id } }) => id === drops[index]?.id);
    say(found ? `${row}  ${healthWords(found)}` : row);
  }
  if (drops.length > 1) say(policyWords(messenger.dropPolicy(channel)));
}

function healthWords({ findings }: CheckedDrop): string {
  const bad = findings.filter(({ ok }) => !ok);
  return bad.length === 0 ? '(well)' : `(BAD: ${bad.map(({ what }) => visible(what)).join(', ')})`;
}

async function testDrops({ messenger, channel, signal, say }: ChatHost, id: string | undefined): Promise<void> {
  for (const { drop: tested, findings } of await messenger.checkDrops(channel, id, signal)) {
    say(`${shortId(tested)}  ${visible(tested.text)}`);
    for (const finding of findings) say(findingLine(finding));
  }
}

async function check({ messenger, channel, signal, say, setHealth }: ChatHost): Promise<void> {
  const findings = await messenger.check(channel, signal);
  for (const finding of findings) say(findingLine(finding));
  setHealth?.(findings.every(({ ok }) => ok));
}

function findingLine({ ok, what, text }: CheckedDrop['findings'][number]): string {
  return `${ok ? 'ok  ' : 'BAD '} ${visible(what)}: ${visible(text)}`;
}

async function usedDrops(messenger: Messenger, channel: string) {
  return (await messenger.drops(channel)).filter(({ state }) => state === 'used');
}

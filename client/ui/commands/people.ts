/** Commands of the chat on who talks, over what, and how long it stays. */
import { durationWords } from '../../messenger/index.ts';
import { dropLines } from '../drop-words.ts';
import { parseDuration } from '../format.ts';
import { pairingWords, suiteWords } from '../pairing-words.ts';
import { numberLines } from '../safety-number.ts';
import { type ChatCommand, type ChatHost, firstWord } from './command.ts';

export const peopleCommands: readonly ChatCommand[] = [
  { name: 'who', usage: '/who', what: 'who is who, and what waits', run: who },
  {
    name: 'verify',
    usage: '/verify [yes|no]',
    what: 'the safety number to compare; yes: it matches',
    complete: firstWord(() => ['yes', 'no']),
    run: verify,
  },
  {
    name: 'timer',
    usage: '/timer [1h|off]',
    what: 'how long what you send stays on both sides',
    complete: firstWord(() => ['off', '1h', '1d', '7d']),
    run: timer,
  },
  { name: 'swap', usage: '/swap', what: 'turn into the other side (for testing)', run: ({ swap }) => swap() },
];

async function who({ messenger, channel, say }: ChatHost): Promise<void> {
  const { role, suite } = messenger.channel(channel);
  const pairing = messenger.pairing(channel);
  const { queued, sent } = messenger.pending(channel);
  say(`You are ${messenger.name}, role ${role}; the other side is ${channel}. Suite ${suiteWords(suite)}.`);
  if (pairing) say(pairingWords(channel, pairing));
  const lines = dropLines(await messenger.drops(channel), messenger.dropPolicy(channel));
  for (const line of lines) say(lines.length === 1 ? `Over ${line}` : line);
  say(`${queued} queued, ${sent} sent and not acknowledged.`);
}

async function verify({ messenger, channel, say }: ChatHost, rest: string): Promise<void> {
  if (rest !== '' && rest !== 'yes' && rest !== 'no')
    return say('/verify shows the number; then /verify yes or /verify no');
  const pairings = await messenger.pairings();
  if (rest === 'no') pairings.unmarkVerified(channel);
  if (rest === 'yes') await pairings.markVerified(channel, (await pairings.verification(channel)).digits);
  const verification = await pairings.verification(channel);
  for (const line of numberLines(verification)) say(line);
  const isVerified = verification.verifiedAt !== undefined;
  say(isVerified ? 'You have compared it.' : 'Compare it by voice, not in here. It matches: /verify yes');
}

function timer({ messenger, channel, say }: ChatHost, rest: string): void {
  if (rest !== '') messenger.changeChannel(channel, { timer: rest === 'off' ? rest : Math.round(parseDuration(rest)) });
  const { timer: mine, buddyTimer } = messenger.channel(channel).retention;
  say(`Your timer: ${words(mine)}. ${channel}'s timer: ${words(buddyTimer)}.`);
  if (rest === '') say('Set yours with /timer 1h or /timer off');
}

function words(milliseconds: number | undefined): string {
  return milliseconds === undefined ? 'off' : durationWords(milliseconds);
}

/** What the list at the side and the line below the history say. */
import type { Messenger } from '../messenger/index.ts';
import type { ChannelView } from './frame.ts';

export function channelViews(messenger: Messenger): ChannelView[] {
  return messenger.channels().map(({ name }) => ({
    name,
    unread: messenger.unread(name).count,
    mark: pairingMark(messenger, name),
  }));
}

/** `!`: somebody else wrote. `?`: not joined. `~`: not verified. Nothing where there is nothing to verify. */
function pairingMark(messenger: Messenger, name: string): ChannelView['mark'] {
  const pairing = messenger.pairing(name);
  if (!pairing) return '';
  if (pairing.changed) return '!';
  if (!pairing.paired) return '?';
  return pairing.verified ? '' : '~';
}

const markWords: Readonly<Record<ChannelView['mark'], string>> = {
  '!': 'ANOTHER IDENTITY: /verify',
  '?': 'not joined',
  '~': 'not verified: /verify',
  '': 'verified',
};

interface Health {
  readonly health: 'well' | 'in trouble' | undefined;
  /** New items below what is shown. */
  readonly below: number;
  /** Other channels with something unread. */
  readonly elsewhere: number;
}

/** The most important first: the end may be cut. */
export function statusWords(messenger: Messenger, name: string, { health, below, elsewhere }: Health): string[] {
  const { suite, drop, further } = messenger.channel(name);
  const { queued, sent } = messenger.pending(name);
  const waiting = [queued > 0 ? `${queued} queued` : '', sent > 0 ? `${sent} not delivered` : ''].filter(Boolean);
  const kinds = [drop, ...further].map(({ kind }) => kind).join('+');
  return [
    name,
    ...(below > 0 ? [`${below} new below`] : []),
    ...(health === 'in trouble' ? [`${kinds} in trouble: /check`] : []),
    ...(messenger.pairing(name) ? [markWords[pairingMark(messenger, name)]] : []),
    ...waiting,
    ...(elsewhere > 0 ? [`unread elsewhere: ${elsewhere}`] : []),
    suite,
    ...(health === 'in trouble' ? [] : [health === undefined ? kinds : `${kinds} well`]),
    `you are ${messenger.name}`,
  ];
}

export function invitation(name: string): string {
  return `Talking with ${name}. /help lists the commands, Ctrl-D ends.`;
}

/** Notices that tell of something else than a drop that does not do what it should. */
const noTrouble =
  /^(invite|join|joined|identity|other|timer|bad-timer|bad-file-notice|gap|lost|restored|unopened|malformed|reflected|wrong|repeated|out-of-step|drop-offer|key)\b/;

export function isTrouble(code: string): boolean {
  return !noTrouble.test(code);
}

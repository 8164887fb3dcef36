/** Sentences for what happened to bodies that could not be opened. */
import type { Channel } from '../store/channels.ts';
import type { NoticeEvent } from './events.ts';

const explanations = new Map<string, string>([
  ['malformed', 'not what a btr client writes'],
  ['reflected', 'your own, sent back as if the other side had written it'],
  ['wrong-sender', 'from somebody who does not send this way'],
  ['wrong-suite', 'sealed with another suite than this channel has'],
  ['no-such-parcel', 'a large message whose parcel is gone from the drop'],
  ['no-parcels', 'a large message, and this drop keeps no parcels'],
]);

/** One notice for each reason among the bodies that went to quarantine. */
export function refusalNotices(channel: Channel, reasons: readonly string[]): NoticeEvent[] {
  return [...new Set(reasons)].map((code) => {
    const count = reasons.filter((reason) => reason === code).length;
    const bodies = count === 1 ? 'A body' : `${count} bodies`;
    const text = `${bodies} could not be opened: ${explanation(channel, code)}. Kept in quarantine; nothing else is held up.`;
    return { type: 'notice', channel: channel.name, code, text };
  });
}

function explanation(channel: Channel, code: string): string {
  const known = explanations.get(code);
  if (known) return known;
  if (channel.met) return 'altered on the way, or not from this channel';
  return `wrong PIN or key file on one side, most likely. \`btr channel set ${channel.name} --pin\` tries again`;
}

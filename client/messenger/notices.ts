/** The events that follow from what was received and sent, with sentences for what could not be opened. */

import { suiteNamed } from '../crypto/suites.ts';
import { type DropError, withHint } from '../errors.ts';
import type { Channel } from '../store/channels.ts';
import type { Shown } from './absorb.ts';
import type { NoticeEvent } from './events.ts';
import type { Received } from './receive.ts';

const explanations = new Map<string, string>([
  ['malformed', 'not what a btr client writes'],
  ['reflected', 'your own, sent back as if the other side had written it'],
  ['wrong-sender', 'from somebody who does not send this way'],
  ['wrong-suite', 'sealed with another suite than this channel has'],
  ['other-invite', 'of another invite than the one at hand'],
  ['repeated-key', 'sealed with a key that was used before; the other side is told'],
  ['out-of-step', 'of a session that is not known here; both sides go on in a new one'],
  ['identity-changed', 'from somebody else than the one you paired with'],
  ['no-such-parcel', 'a large message whose parcel is gone from the drop'],
  ['no-parcels', 'a large message, and this drop keeps no parcels'],
]);

/** Whether it tells of bodies that went to quarantine: the same words may tell of more of them. */
export function isRefusal({ code }: NoticeEvent): boolean {
  return code === 'unopened' || explanations.has(code);
}

/** One notice for each reason among the bodies that went to quarantine. */
function refusalNotices(channel: Channel, reasons: readonly string[]): NoticeEvent[] {
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
  if (channel.met && (channel.peer || !suiteNamed(channel.suite).renew))
    return 'altered on the way, or not from this channel';
  if (suiteNamed(channel.suite).renew) return 'from somebody who has not joined, or altered on the way';
  return `wrong PIN or key file on one side, most likely. \`btr channel set ${channel.name} --pin\` tries again`;
}

export function eventsOf(channel: Channel, { shown, refused, troubles }: Received): Shown[] {
  const said = troubles.slice(0, 1).map((error) => notice(channel, error));
  return [...shown, ...refusalNotices(channel, refused).map((event) => ({ event })), ...said];
}

export function sentEvents(channel: Channel, ids: readonly Uint8Array[]): Shown[] {
  return ids.map((id) => ({
    event: { type: 'status', channel: channel.name, id: Buffer.from(id).toString('hex'), state: 'sent' },
  }));
}

export function notice(channel: Channel, error: DropError): Shown {
  return { event: { type: 'notice', channel: channel.name, code: error.code, text: withHint(error) } };
}

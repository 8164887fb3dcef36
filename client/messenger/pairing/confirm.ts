/** The end of the joiner's pairing. */
import { joinerNext } from '../../protocol/pairing.ts';
import type { Channel } from '../../store/channels.ts';
import type { Shown } from '../absorb.ts';
import type { Context } from '../context.ts';
import { keepOldInvite } from './old-invites.ts';
import { readPairing, writePairing } from './records.ts';
import { notice } from './step.ts';

/** Within a transaction: something of the inviter has come in the new session, so it has accepted. */
export function confirm(context: Context, channel: Channel): Shown[] {
  const pairing = readPairing(context, channel)?.pairing;
  if (pairing?.side !== 'joiner' || joinerNext(pairing.state, 'message') !== 'confirmed') return [];
  // The inviter's no to somebody else who answered the invite comes this way, too: it means nothing here.
  keepOldInvite(context, channel, pairing);
  const { session, hash } = pairing;
  writePairing(context, channel, { side: 'joiner', state: 'confirmed', session, hash });
  const { channels } = context.home;
  channels.update(channels.get(channel.id), { unconfirmed: undefined });
  const said = `${channel.name} has confirmed: the channel is open. To be sure that it is them, compare safety numbers: btr verify`;
  return [notice(channel.name, 'confirmed', said)];
}

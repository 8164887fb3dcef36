/** What comes under the key of an invite that is not the last one any more. */
import type { EnvelopeContent } from '../../protocol/envelope.ts';
import { decodeReply, encodeRefusal } from '../../protocol/pairing-wire.ts';
import type { Channel } from '../../store/channels.ts';
import type { Context } from '../context.ts';
import { inviteBody } from './exchange.ts';
import { countRefusal } from './old-invites.ts';
import { mostRefusals } from './records.ts';
import { notice, type Step } from './step.ts';

/** A late reply is refused; a bundle or a refusal means nothing now. @throws SecurityError with code `malformed`. */
export function takeLate(context: Context, channel: Channel, key: Buffer, { form, sealed }: EnvelopeContent): Step {
  if (form !== 'reply') return { opensMore: false, commit: () => [] };
  const { session, share } = decodeReply(sealed);
  return {
    opensMore: false,
    commit() {
      if (countRefusal(context, channel, key) > mostRefusals) return [];
      const refusal = encodeRefusal({ session, share, reason: 'not-open' });
      context.home.bodies.add(channel.id, inviteBody(channel, key, 'refusal', refusal), undefined);
      return [
        notice(channel.name, 'invite-not-open', 'Somebody answered an older invite, which is not open any more.'),
      ];
    },
  };
}

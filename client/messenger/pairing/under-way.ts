/** What of a pairing hangs on the channel's first drop. */
import { SetupError } from '../../errors.ts';
import type { Channel } from '../../store/channels.ts';
import type { Context } from '../context.ts';
import { readPairing } from './records.ts';

/**
 * Half of an open invite lies in the first drop, and a join that is not confirmed is answered there.
 * @throws SetupError `invite-open`, `join-open`.
 */
export function assertNoPairing(context: Context, channel: Channel): void {
  const { name, unconfirmed } = channel;
  const state = readPairing(context, channel)?.pairing.state;
  if (state === 'open') {
    throw new SetupError(`There is an invite for ${name} that is still open, and half of it lies in the old drop.`, {
      code: 'invite-open',
      hint: `Take it back, and invite again after the move: btr invite ${name} --cancel`,
    });
  }
  if (state !== 'waiting' && unconfirmed !== 'replied') return;
  throw new SetupError('Your join is not confirmed yet, and what it waits for comes by the old drop.', {
    code: 'join-open',
    hint: `Listen until ${name} has confirmed it. If the old drop is gone, ask for a new invite: it brings the new drop along.`,
  });
}

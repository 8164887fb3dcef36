/** Waiting for a buddy to have what was sent: what people are told where that is in vain. */
import { TimeoutError, UsageError } from '../errors.ts';
import type { Messenger } from '../messenger/index.ts';

/** @throws UsageError with code `no-receipts` where nothing tells that a message arrived. */
export function assertAcknowledged(messenger: Pick<Messenger, 'isAcknowledged'>, channel: string): void {
  if (messenger.isAcknowledged(channel)) return;
  throw new UsageError('Nothing is acknowledged in this channel, so waiting for it would be in vain.', {
    code: 'no-receipts',
  });
}

/** The buddy does not have everything in time. */
export function notDelivered(messenger: Pick<Messenger, 'pending'>, channel: string): TimeoutError {
  if (messenger.pending(channel).queued > 0) {
    return new TimeoutError(`${channel} has not joined in time.`, {
      code: 'not-delivered',
      hint: 'Nothing is lost: it is kept, and btr send and btr listen go on with it.',
    });
  }
  return new TimeoutError(`The drop has it, but ${channel} did not acknowledge it in time.`, {
    code: 'not-delivered',
    hint: 'Nothing is lost: it stays there until it is collected. btr history shows what was delivered.',
  });
}

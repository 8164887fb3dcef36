/** What may be told of a channel. */
import type { Channel, ChannelSettings, Retention } from '../store/channels.ts';

/** No keys. */
export type ChannelInfo = Pick<ChannelSettings, 'name' | 'role' | 'suite' | 'drop' | 'receipts'> & {
  /** Empty: everything stays. */
  readonly retention: Retention;
};

export function infoOf({ name, role, suite, drop, receipts, retention = {} }: Channel): ChannelInfo {
  return { name, role, suite, drop, receipts, retention };
}

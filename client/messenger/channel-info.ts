/** What may be told of a channel. */
import { suiteNamed } from '../crypto/suites.ts';
import type { DropAddress } from '../drops/registry.ts';
import type { DropPolicy } from '../drops/several/index.ts';
import type { InviterState, JoinerState } from '../protocol/pairing.ts';
import type { Channel, ChannelSettings, Retention } from '../store/channels.ts';
import type { Context } from './context.ts';
import { readPairing } from './pairing/records.ts';

/** No keys. */
export type ChannelInfo = Pick<ChannelSettings, 'name' | 'role' | 'suite' | 'drop' | 'receipts'> & {
  /** Drops beside the first, in order of preference. */
  readonly further: readonly DropAddress[];
  readonly policy: DropPolicy;
  /** Empty: everything stays. */
  readonly retention: Retention;
};

export function infoOf({ drop, further = [], policy = 'first', ...channel }: Channel): ChannelInfo {
  const { name, role, suite, receipts, retention = {} } = channel;
  return { name, role, suite, drop: told(drop), further: further.map(told), policy, receipts, retention };
}

function told({ credentials: _secret, ...address }: DropAddress): DropAddress {
  return address;
}

export interface PairingInfo {
  /** Of the invite that was made or joined last; `none`: neither has happened. */
  readonly state: InviterState | JoinerState | 'none';
  /** Of an open invite; milliseconds since 1970. */
  readonly expiresAt: number | undefined;
  /** Whether the buddy has joined, by this invite or one before. */
  readonly paired: boolean;
  /** Whether the safety number was compared. */
  readonly verified: boolean;
  /** Somebody with another identity wrote under the channel's keys, and nothing is sent. */
  readonly changed: boolean;
}

export function pairingOf(context: Context, channel: Channel): PairingInfo | undefined {
  if (!suiteNamed(channel.suite).renew) return undefined;
  const pairing = readPairing(context, channel)?.pairing;
  return {
    state: pairing?.state ?? 'none',
    expiresAt: pairing?.state === 'open' ? pairing.expiresAt : undefined,
    paired: channel.peer !== undefined,
    verified: channel.peer?.verifiedAt !== undefined,
    changed: channel.peer?.changed ?? false,
  };
}

/** What both sides commit once they have the other's identity and the first state of a session with it. */
import type { PrivatePrekeys } from '../../crypto/signal/prekeys.ts';
import type { SuiteState } from '../../crypto/suite.ts';
import type { Channel } from '../../store/channels.ts';
import type { Context } from '../context.ts';
import { forgetBuddysDrops } from '../drops/record.ts';
import { meantFrom } from '../renumber.ts';
import { sessionKey, withNewRoot } from '../session.ts';
import { text } from './records.ts';
import { readRenewals, writeRenewals } from './renewal.ts';

interface Established {
  readonly epoch: number;
  /** 32 bytes. */
  readonly root: Buffer;
  /** Of the new session. */
  readonly state: SuiteState;
  /** The other side's public identity key. */
  readonly identity: Uint8Array;
  /** Tag of the drop that the invite leads to. */
  readonly place: string;
  /** The secret half of the renewal bundle that the other side gets. */
  readonly own: PrivatePrekeys;
  /** The joiner's side: nothing of the inviter has come in the session yet. */
  readonly unconfirmed?: 'replied';
}

/** Whether somebody else had the other side's place before. */
export function isReplaced({ peer }: Channel, identity: Uint8Array): boolean {
  return peer !== undefined && peer.identity !== text(identity);
}

/**
 * Within a transaction: pins the identity and starts the session. Whoever had the place before is not heard any more,
 * since their home may be in anybody's hands, and no session starts with their bundle.
 */
export function establish(context: Context, channel: Channel, made: Established): Channel {
  const { channels, sessions, bodies } = context.home;
  const isOther = isReplaced(channel, made.identity);
  const identity = text(made.identity);
  const root = { epoch: made.epoch, root: made.root.toString('base64url') };
  const changed = channels.update(channels.get(channel.id), {
    roots: withNewRoot(isOther ? { roots: [] } : channel, root),
    peer: isOther ? { identity } : { ...channel.peer, identity, changed: false },
    unconfirmed: made.unconfirmed,
    restored: undefined,
    met: true,
  });
  sessions.start(sessionKey(changed, made.epoch), made.state);
  sessions.prune(changed);
  const kept = isOther ? {} : readRenewals(context, channel);
  writeRenewals(context, channel, { ...kept, own: [made.own] });
  bodies.takeAllApart(channel.id);
  if (isOther) {
    meantFrom(context, changed);
    forgetBuddysDrops(context, changed, made.place);
  }
  return changed;
}

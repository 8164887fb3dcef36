/** Inviting: makes an invite and its PIN, and leaves the invite's other half, the prekey bundle, in the drop. */
import { createHash, randomBytes } from 'node:crypto';
import { scalarSeedBytes, startCpace } from '../../crypto/cpace.ts';
import { inviteKey } from '../../crypto/pairing-keys.ts';
import { makePrekeys } from '../../crypto/signal/prekeys.ts';
import { makePin, type PinForm, pinBytes, showPin } from '../../crypto/spoken-pin.ts';
import { signalSuite } from '../../crypto/suites.ts';
import { shareDrop } from '../../drops/registry.ts';
import { UsageError } from '../../errors.ts';
import { encodeInvite, formatInvite } from '../../protocol/invite.ts';
import { sessionIdBytes } from '../../protocol/pairing-wire.ts';
import { otherRole } from '../../protocol/roles.ts';
import type { Channel } from '../../store/channels.ts';
import type { Context } from '../context.ts';
import { type DeliverOptions, letterOf } from '../deliver.ts';
import { healRestored } from '../restored.ts';
import { channelIdBytes } from '../session.ts';
import { cpaceInput, inviteBody, inviteHash } from './exchange.ts';
import { ownIdentity } from './identity.ts';
import { type BuddyKeys, makeBuddyKeys, removeBuddyKeys } from './keys.ts';
import { keepOldInvite } from './old-invites.ts';
import { bytes, type OpenInvite, readPairing, text, writePairing } from './records.ts';
import { keysOf, withdrawInvite } from './withdraw.ts';

const DAY = 24 * 60 * 60 * 1000;
const inviteStay = 7 * DAY;
/** A queue keeps the bundle for 14 days; a reply needs some time, too. */
const longestInviteStay = 13 * DAY;
const longestFetch = 14 * DAY;

export interface InviteOptions {
  readonly pinForm?: PinForm;
  /** How long the invite is good, in milliseconds; by default 7 days, at most 13. */
  readonly stay?: number | undefined;
  /** The buddy has joined before: whoever joins by this invite takes their place. */
  readonly replace?: boolean;
  /** Make keys to the drop for the buddy, with the owner's credentials. */
  readonly withKey?: boolean;
  /** The buddy's name in the cloud, where the drop's address does not tell it. */
  readonly user?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Hears what the user should know. */
  readonly onNotice?: DeliverOptions['onNotice'];
}

export interface MadeInvite {
  readonly channel: string;
  readonly invite: string;
  /** As it is to be said. */
  readonly pin: string;
  readonly expiresAt: number;
  /** Ids of access keys that an invite before this one gave away and that still open the drop. */
  readonly liveKeys: readonly string[];
}

/**
 * @throws UsageError `no-invites`, `already-joined`, `bad-stay`; DropError where the bundle could not be left: then no
 *   invite is open.
 */
export async function createInvite(context: Context, channel: Channel, options: InviteOptions): Promise<MadeInvite> {
  const stay = checkInvite(channel, options);
  // A home that went back in time burns its open invites: not the one that is made now.
  for (const notice of healRestored(context, channel.id)) options.onNotice?.(notice);
  const pin = await makePin(options.pinForm ?? 'digits');
  const identity = await ownIdentity(context);
  const { bundle, secret: prekeys } = await makePrekeys(identity, 'one-time', context.now());
  const session = randomBytes(sessionIdBytes);
  const input = cpaceInput(pinBytes(pin), session);
  const seed = randomBytes(scalarSeedBytes);
  const { scalar, share } = startCpace(input, seed);
  for (const used of [seed, input.prs]) used.fill(0);
  const secret = randomBytes(32);
  const buddy = otherRole(channel.role);
  const shared = await shareDrop(channel.drop, buddy);
  // The reply may come in the last minute, and what follows the first key lies in the drop for as long as it can.
  const until = context.now() + stay + longestFetch;
  const keys = options.withKey ? await makeBuddyKeys(channel.drop, buddy, shared, { ...options, until }) : undefined;
  const encoded = encodeInvite({
    session,
    share,
    bundleHash: createHash('sha256').update(bundle).digest(),
    channelId: channelIdBytes(channel),
    secret,
    epoch: (channel.roots[0]?.epoch ?? -1) + 1,
    role: channel.role,
    expiresAt: context.now() + stay,
    name: context.home.name,
    address: keys?.address ?? shared,
  });
  const open: OpenInvite = {
    side: 'inviter',
    state: 'open',
    session: text(session),
    secret: text(secret),
    scalar: text(scalar),
    share: text(share),
    hash: text(inviteHash(encoded)),
    epoch: (channel.roots[0]?.epoch ?? -1) + 1,
    expiresAt: context.now() + stay,
    prekeys,
    ...(keys ? { keys: { drop: keys.drop, first: keys.first, second: keys.second } } : {}),
  };
  const liveKeys = await openInvite(context, channel, open, bundle, keys, options);
  return {
    channel: channel.name,
    invite: formatInvite(encoded),
    pin: showPin(pin),
    expiresAt: open.expiresAt,
    liveKeys,
  };
}

function checkInvite(channel: Channel, { replace, stay = inviteStay }: InviteOptions): number {
  if (channel.suite !== signalSuite.name) {
    throw new UsageError(`Suite ${channel.suite} of channel ${channel.name} knows no invites.`, {
      code: 'no-invites',
      hint: 'Both sides add the channel themselves, with the same PIN. For an invite, add one with suite signal.',
    });
  }
  if (channel.peer && !channel.unconfirmed && !replace) {
    throw new UsageError(`${channel.name} has joined already.`, {
      code: 'already-joined',
      hint: 'If they lost their home: btr invite --replace, and compare safety numbers afterwards.',
    });
  }
  if (stay > 0 && stay <= longestInviteStay) return stay;
  throw new UsageError('An invite is good for 13 days at most.', {
    code: 'bad-stay',
    hint: 'Leave it out for 7 days.',
  });
}

/** Commits the invite, leaves its bundle, and takes the invite back where that fails: nobody could use it. */
async function openInvite(
  context: Context,
  channel: Channel,
  open: OpenInvite,
  bundle: Uint8Array,
  keys: BuddyKeys | undefined,
  { signal }: InviteOptions,
): Promise<readonly string[]> {
  const key = inviteKey(bytes(open.secret));
  const liveKeys = context.home.db.transaction(() => {
    const before = readPairing(context, channel)?.pairing;
    if (before) keepOldInvite(context, channel, before);
    writePairing(context, channel, open);
    return before?.side === 'inviter' ? keysOf(before) : [];
  });
  try {
    // Whoever joins knows no other drop: that another one takes it would be of no use.
    const place = await context.drop({ ...channel, further: [] });
    const body = inviteBody(channel, key, 'bundle', bundle);
    await place.leave([letterOf(channel, { body, attempt: 0, everywhere: false })], signal ? { signal } : {});
    return liveKeys;
  } catch (error) {
    context.home.db.transaction(() => withdrawInvite(context, channel, open.session));
    if (keys) await removeBuddyKeys(channel.drop, otherRole(channel.role), [keys.first, keys.second.id], 'owner');
    throw error;
  }
}

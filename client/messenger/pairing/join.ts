/**
 * Joining: with invite and PIN the joiner finishes the key exchange at once, and keeps its outcome until the inviter's
 * bundle has come out of the drop; then it replies (reply.ts). The PIN is not kept.
 */
import { randomBytes } from 'node:crypto';
import { finishCpace, scalarSeedBytes, startCpace } from '../../crypto/cpace.ts';
import { publicIdentity } from '../../crypto/signal/identity.ts';
import { pinBytes } from '../../crypto/spoken-pin.ts';
import { signalSuite } from '../../crypto/suites.ts';
import { type DropAddress, dropConsent, dropTag, parseDropAddress } from '../../drops/registry.ts';
import { SetupError } from '../../errors.ts';
import { decodeInvite, type Invite, parseInviteText } from '../../protocol/invite.ts';
import { otherRole } from '../../protocol/roles.ts';
import { type Channel, type ChannelSettings, channelExists } from '../../store/channels.ts';
import { checkName } from '../channels.ts';
import type { Context } from '../context.ts';
import { addressesBut, usedDrops } from '../drops/set.ts';
import { cpaceInput, inviteHash } from './exchange.ts';
import { ownIdentity } from './identity.ts';
import { keepOldInvite } from './old-invites.ts';
import { type Pairing, readPairing, text, type Waiting, writePairing } from './records.ts';

/** An invite that was read and checked, before anything is done with it. */
export interface ReadInvite {
  readonly bytes: Buffer;
  readonly invite: Invite;
  readonly drop: DropAddress;
  /** Why the drop's address needs this home's user to say yes; empty: it does not. */
  readonly consent: readonly string[];
}

/** @throws UsageError `bad-address`; SetupError `bad-invite`, `invite-newer`, `invite-expired`. */
export async function readInvite(context: Context, given: string): Promise<ReadInvite> {
  const bytes = parseInviteText(given);
  const invite = decodeInvite(bytes);
  if (invite.expiresAt <= context.now()) {
    const day = new Date(invite.expiresAt).toISOString().slice(0, 16).replace('T', ' ');
    throw new SetupError(`This invite was good until ${day} UTC.`, {
      code: 'invite-expired',
      hint: 'Ask for a new one, if the clock of this machine is right.',
    });
  }
  const drop = await parseDropAddress(invite.address);
  return { bytes, invite, drop, consent: await dropConsent(drop) };
}

export interface JoinOptions {
  /** What the channel is called here; by default the inviter's name. */
  readonly name?: string | undefined;
  /** The channel has a buddy already: whoever made the invite takes their place. */
  readonly replace?: boolean;
}

/** What joining would refuse, before the PIN is asked for. Answers the channel's name. @throws BtrError as `join`. */
export function assertJoinable(context: Context, { bytes, invite }: ReadInvite, options: JoinOptions): string {
  const name = options.name ?? invite.name;
  checkName(name);
  const channel = context.home.channels.find(name);
  if (!channel) return name;
  if (channel.suite !== signalSuite.name) throw channelExists(name);
  const pairing = readPairing(context, channel)?.pairing;
  const isSame = pairing?.side === 'joiner' && pairing.hash === text(inviteHash(bytes));
  if (isSame && pairing.state !== 'waiting') {
    throw new SetupError('This home has answered this invite already; an invite is good for one try.', {
      code: 'invite-used',
      hint: `If ${name} said no to it, ask for a new one. What you wrote is kept for it.`,
    });
  }
  assertMeant(channel, pairing, invite, options);
  if (channel.peer && !channel.unconfirmed && !options.replace) {
    throw new SetupError(`There is a channel with ${name} already, and it goes on.`, {
      code: 'already-joined',
      hint: 'For another person: btr join --name NAME. If this is the same one, who lost their home: --replace.',
    });
  }
  return name;
}

/** An invite says itself what its maker is called: that alone must not turn a channel over that waits for another. */
function assertMeant(channel: Channel, pairing: Pairing | undefined, invite: Invite, options: JoinOptions): void {
  if (options.replace) return;
  if (pairing?.side === 'inviter' && pairing.state === 'open') {
    throw new SetupError(`There is an invite for ${channel.name} that is still open.`, {
      code: 'invite-open',
      hint: `Let them join by that, or take it back first: btr invite ${channel.name} --cancel`,
    });
  }
  const isKnown = channel.channelId === Buffer.from(invite.channelId).toString('base64url');
  if (isKnown || options.name !== undefined) return;
  throw new SetupError(`There is a channel ${JSON.stringify(channel.name)} already, and the invite is not from it.`, {
    code: 'channel-exists',
    hint: `To join it there all the same: --name ${JSON.stringify(channel.name)}. For a channel of its own, give another --name.`,
  });
}

/**
 * Makes the channel, or gives it the new invite; what waits there is kept for whoever joins.
 * @param pin in its canonical form.
 * @throws SetupError `invite-used`, `already-joined`, `channel-exists`; SecurityError `bad-share`.
 */
export async function join(context: Context, read: ReadInvite, pin: string, options: JoinOptions): Promise<Channel> {
  const name = assertJoinable(context, read, options);
  const waiting = await exchange(context, read, pin);
  const settings = settingsOf(name, read);
  const { channels, db } = context.home;
  for (;;) {
    const known = channels.find(name);
    const change = known && (await rejoined(known, settings));
    const joined = db.attempt(() => {
      assertJoinable(context, read, options);
      if (channels.find(name)?.generation !== known?.generation) return undefined;
      const channel = known && change ? channels.update(known, change) : newChannel(context, settings);
      const before = readPairing(context, channel)?.pairing;
      if (before) keepOldInvite(context, channel, before);
      writePairing(context, channel, waiting);
      return channels.get(channel.id);
    });
    if (joined) return joined;
  }
}

async function exchange(context: Context, { bytes, invite }: ReadInvite, pin: string): Promise<Waiting> {
  const identity = await publicIdentity(await ownIdentity(context));
  const input = cpaceInput(pinBytes(pin), invite.session);
  const seed = randomBytes(scalarSeedBytes);
  const own = startCpace(input, seed);
  const hash = inviteHash(bytes);
  const sides = {
    initiator: { share: invite.share, data: hash },
    responder: { share: own.share, data: identity },
  };
  const isk = finishCpace(input, own, sides, 'responder');
  for (const secret of [own.scalar, seed, input.prs]) secret.fill(0);
  return {
    side: 'joiner',
    state: 'waiting',
    session: text(invite.session),
    secret: text(invite.secret),
    isk: text(isk),
    share: text(own.share),
    identity: text(identity),
    joinedAt: context.now(),
    bundleHash: text(invite.bundleHash),
    hash: text(hash),
    epoch: invite.epoch,
  };
}

function settingsOf(name: string, { invite, drop }: ReadInvite): ChannelSettings {
  return {
    name,
    role: otherRole(invite.role),
    suite: signalSuite.name,
    drop,
    channelId: Buffer.from(invite.channelId).toString('base64url'),
    roots: [],
    receipts: true,
    met: false,
  };
}

function newChannel({ home, now }: Context, settings: ChannelSettings): Channel {
  return home.channels.add(settings, now());
}

/** Where it is the same channel, its old roots stay readable, and the other drops in use: something may be under way. */
async function rejoined(known: Channel, settings: ChannelSettings): Promise<Partial<ChannelSettings>> {
  const { role, drop, channelId } = settings;
  if (known.channelId !== channelId || known.role !== role) return { role, drop, channelId, further: [], roots: [] };
  const [, ...further] = await usedDrops(known);
  return { role, drop, channelId, further: addressesBut(further, await dropTag(drop)) };
}

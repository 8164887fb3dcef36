/** Making and changing channels: keys from PIN and key file, roles, and what each change does to what waits. */

import { randomBytes } from 'node:crypto';
import { deriveKey } from '../crypto/keys.ts';
import { btrchatKey, type ChannelKey, checkPin, fernetRoot } from '../crypto/pin.ts';
import { suiteNamed } from '../crypto/suites.ts';
import { type DropAddress, dropKind } from '../drops/registry.ts';
import { UsageError } from '../errors.ts';
import { otherRole, type Role } from '../protocol/roles.ts';
import type { Channel, ChannelSettings } from '../store/channels.ts';
import type { Context } from './context.ts';
import { withdrawInvite } from './pairing/withdraw.ts';
import { hashOf, retryQuarantine } from './receive.ts';
import { changedRetention, checkRetention, type RetentionChange, sweep } from './retention.ts';
import { currentEpoch, sessionKey } from './session.ts';

export interface NewChannel {
  readonly name: string;
  readonly role: Role;
  readonly drop: DropAddress;
  readonly suite: string;
  readonly pin?: string | undefined;
  readonly key?: ChannelKey | undefined;
}

/** The keys that PIN, key file and drop lead to. */
interface ChannelKeys {
  readonly root: Buffer;
  readonly state: Uint8Array;
  readonly channelId: Buffer;
}

/** @throws SetupError: the name is taken, the PIN has the wrong form. */
export async function addChannel(context: Context, input: NewChannel): Promise<Channel> {
  const { name, role, suite, drop } = input;
  checkName(name);
  const about = { name, role, suite, drop, receipts: true, met: false };
  const { home } = context;
  // Keys and identities of such a suite come with an invite.
  if (suiteNamed(suite).renew) {
    const channelId = randomBytes(16).toString('base64url');
    return home.db.transaction(() => home.channels.add({ ...about, channelId, roots: [] }, context.now()));
  }
  const keys = await channelKeys(suite, drop, input.pin, input.key);
  const settings: ChannelSettings = {
    ...about,
    channelId: keys.channelId.toString('base64url'),
    roots: [{ epoch: 0, root: keys.root.toString('base64url') }],
    ...(input.key ? { key: input.key } : {}),
  };
  return home.db.transaction(() => {
    const channel = home.channels.add(settings, context.now());
    home.sessions.start(sessionKey(channel, 0), keys.state);
    return home.channels.get(channel.id);
  });
}

/**
 * New keys for a channel: what was not acknowledged is sealed anew under its old numbers, and what is in quarantine is
 * opened once more.
 * @param given a channel key; absent: the one it has, if it was made with one.
 */
export async function rekeyChannel(
  context: Context,
  channel: Channel,
  pin: string | undefined,
  given: ChannelKey | undefined,
): Promise<void> {
  if (suiteNamed(channel.suite).renew) {
    throw new UsageError(`Suite ${channel.suite} has no PIN to set: its keys come with an invite.`, {
      code: 'no-pin-here',
      hint: `Make one with: btr invite ${channel.name}`,
    });
  }
  const key = given ?? channel.key;
  const keys = await channelKeys(channel.suite, channel.drop, pin, key);
  const { home } = context;
  const rekeyed = home.db.transaction(() => {
    const epoch = currentEpoch(channel).epoch;
    const changed = home.channels.update(channel, {
      channelId: keys.channelId.toString('base64url'),
      roots: [{ epoch, root: keys.root.toString('base64url') }],
      ...(key ? { key } : {}),
      met: false,
    });
    home.sessions.start(sessionKey(changed, epoch), keys.state);
    home.bodies.takeAllApart(channel.id);
    return home.channels.get(channel.id);
  });
  if (home.quarantine.ids(rekeyed.id).length > 0) await openAgain(context, rekeyed);
}

async function openAgain(context: Context, channel: Channel): Promise<void> {
  const { db, messages } = context.home;
  const shown = await retryQuarantine(context, channel.id, await context.drop(channel));
  const rows = shown.flatMap(({ message }) => message ?? []);
  // They were received, but nobody has seen them yet: the next listener shows them.
  db.transaction(() => messages.unclaim(rows));
}

/** Takes the other role. What the other side does not have yet goes out again, the other way. */
export function swapRoles(context: Context, channel: Channel): Channel {
  const { home } = context;
  return home.db.transaction(() => {
    withdrawInvite(context, channel);
    const changed = home.channels.update(channel, { role: otherRole(channel.role) });
    for (const { epoch } of channel.roots) {
      const session = home.sessions.get(sessionKey(channel, epoch));
      if (session) home.sessions.start(sessionKey(changed, epoch), session.state);
    }
    if (suiteNamed(channel.suite).renew) knowOwnBodies(context, channel);
    home.bodies.takeAllApart(channel.id);
    return home.channels.get(channel.id);
  });
}

/** What is still in the drop comes back now: nobody opens what they sealed with a ratchet themselves. */
function knowOwnBodies({ home, now }: Context, channel: Channel): void {
  for (const body of home.bodies.list(channel.id)) home.inbox.markSeen(channel.id, hashOf(body), now());
}

type ChannelChange = Partial<Pick<ChannelSettings, 'receipts' | 'name'>> & RetentionChange;

export function changeChannel(context: Context, channel: Channel, change: ChannelChange): Channel {
  const { history: _history, timer: _timer, ...settings } = change;
  if (settings.name !== undefined) checkName(settings.name);
  checkRetention(channel, change);
  const { channels, db } = context.home;
  const changed = db.transaction(() => {
    const current = channels.get(channel.id);
    return channels.update(current, { ...settings, retention: changedRetention(current, change) });
  });
  sweep(context, channel.id);
  return changed;
}

async function channelKeys(
  suiteName: string,
  drop: DropAddress,
  pin: string | undefined,
  key: ChannelKey | undefined,
): Promise<ChannelKeys> {
  const suite = suiteNamed(suiteName);
  if (suite.name === 'plain') return plainKeys(drop);
  if (suite.name === 'btrchat' && key?.form === 'key') return keysOf(btrchatKey('', key), btrchatKey('', key));
  if (pin === undefined) throw new UsageError('This suite needs a PIN.', { code: 'no-pin', hint: 'Give one.' });
  checkPin(pin, suite.name);
  if (suite.name === 'btrchat') return keysOf(btrchatKey(pin, key), btrchatKey(pin, key));
  const root = await fernetRoot(pin, key, key === undefined ? await dropId(drop) : '');
  return keysOf(root, root);
}

/** For tests: keys that anybody has who knows the drop. */
async function plainKeys(drop: DropAddress): Promise<ChannelKeys> {
  if (drop.kind === 'folder' || drop.kind === 'memory') {
    return keysOf(deriveKey(Buffer.from(await dropId(drop)), 'btr plain root'), Buffer.alloc(0));
  }
  throw new UsageError('Suite plain encrypts nothing; it is for tests on a folder only.', {
    code: 'plain-suite',
    hint: 'Leave --suite out.',
  });
}

function keysOf(root: Buffer, state: Uint8Array): ChannelKeys {
  return { root, state, channelId: deriveKey(root, 'btr channel id').subarray(0, 16) };
}

async function dropId(drop: DropAddress): Promise<string> {
  return (await dropKind(drop.kind)).id(drop);
}

/** @throws UsageError with code `bad-name`. */
export function checkName(name: string): void {
  if (/^[\p{L}\p{N}][\p{L}\p{N}\p{M}._ -]{0,63}$/u.test(name)) return;
  throw new UsageError(
    'A name has 1 to 64 letters, digits, spaces, dots, hyphens and underscores, a letter or digit first.',
    {
      code: 'bad-name',
    },
  );
}

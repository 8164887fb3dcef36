/**
 * Moving a channel to another drop: one side's half of it. Keys, session, history, streams and numbers stay as they
 * are. What nobody has acknowledged is sealed anew for the new drop under its old numbers, so that nothing hangs on who
 * still reads the old one: whatever the buddy has already is known there by its number, and acknowledged once more.
 */
import { suiteNamed } from '../crypto/suites.ts';
import type { Drop } from '../drops/drop.ts';
import type { DropAddress } from '../drops/registry.ts';
import { type BtrError, UsageError } from '../errors.ts';
import type { Channel } from '../store/channels.ts';
import { type Context, isSamePlace } from './context.ts';
import { assertPlace } from './drops/allowed.ts';
import { unread } from './drops/unread.ts';
import type { ChannelEvent } from './events.ts';
import { type FileInfo, filesWait, waitingFiles } from './files.ts';
import { listen } from './listen.ts';
import { assertNoPairing } from './pairing/under-way.ts';
import { fits } from './send.ts';

export interface MoveOptions {
  readonly signal?: AbortSignal | undefined;
  /** Go on although the old drop can't be read, and without the files that wait in it. */
  readonly force?: boolean;
  /** Hears what came out of the old drop, but for messages and files: those wait for the next listener. */
  readonly onEvent?: (event: ChannelEvent) => void;
}

export interface Moved {
  /** How many messages go out in the new drop: those that were not acknowledged yet, or had not gone out at all. */
  readonly again: number;
  /** Files that were sent and stay in the old drop until their time is over: the buddy may not have fetched them. */
  readonly sentFiles: readonly FileInfo[];
  /** Files that came, were not fetched and, by `force`, are given up. */
  readonly lostFiles: readonly FileInfo[];
  /** Why the old drop could not be read, by `force`. */
  readonly unread: BtrError | undefined;
  /** The home went over the old drop with an access key of its own, and goes over the new one without. */
  readonly hadKey: boolean;
}

/**
 * Takes what waits in the old drops, and then goes over `to` alone with everything that is not acknowledged: one transaction.
 * The role stays. `deliver` leaves in the new drop what waits.
 * @param to settled, and as this side sees it.
 * @throws UsageError `same-drop`, `plain-suite`, `message-too-large`; SetupError `invite-open`, `join-open`,
 * `files-wait`; BtrError `old-drop-unread`, and those of opening the new drop. Nothing is changed then.
 */
export async function moveChannel(
  context: Context,
  channel: Channel,
  to: DropAddress,
  options: MoveOptions = {},
): Promise<Moved> {
  assertMovable(context, channel, to);
  const drop = await context.drop({ ...channel, drop: to, further: [] });
  const unread = await emptyOldDrop(context, channel, options);
  const { home } = context;
  return home.db.transaction(() => {
    const current = home.channels.get(channel.id);
    assertMovable(context, current, to);
    assertCarried(context, current, drop);
    const files = waitingFiles(context, current);
    const lostFiles = files.filter(({ outgoing }) => !outgoing);
    if (lostFiles.length > 0 && !options.force) throw filesWait(lostFiles, 'To move without them: --force');
    home.channels.update(current, { drop: to, further: [] });
    home.files.leaveBehind(current.id);
    // Without acknowledgements nobody knows what arrived: only what was never left goes to the new drop.
    if (suiteNamed(current.suite).framed) home.bodies.takeFramesApart(current.id);
    const { queued, sent } = home.outbox.counts(current.id);
    const sentFiles = files.filter(({ outgoing }) => outgoing);
    const hadKey = current.drop.credentials !== undefined && to.credentials === undefined;
    return { again: queued + sent, sentFiles, lostFiles, unread, hadKey };
  });
}

function assertMovable(context: Context, channel: Channel, to: DropAddress): void {
  if (isSamePlace(channel.drop, to) && !channel.further?.length) {
    throw new UsageError(`Channel ${channel.name} goes over that drop already.`, { code: 'same-drop' });
  }
  assertPlace(channel, to);
  assertNoPairing(context, channel);
}

/** Also leaves what waits, acknowledgements included: a buddy who has not moved yet finds it there. */
async function emptyOldDrop(
  context: Context,
  channel: Channel,
  { signal, force, onEvent }: MoveOptions,
): Promise<BtrError | undefined> {
  try {
    const events = listen(context, channel.id, { wait: false, statusOnly: true, signal });
    for await (const event of events) onEvent?.(event);
    signal?.throwIfAborted();
    return undefined;
  } catch (error) {
    return unread(error, { force, which: 'The old drop', onward: 'To move without it' });
  }
}

/** What the new drop can't carry would hold up everything behind it. */
function assertCarried(context: Context, channel: Channel, drop: Drop): void {
  const largest = context.home.outbox.largest(channel.id);
  if (largest === 0 || fits(channel, drop, largest)) return;
  throw new UsageError('A message that is not acknowledged yet is too large for the new drop.', {
    code: 'message-too-large',
    hint: `Take a drop with a bucket, or let ${channel.name} listen on the old one until it is acknowledged.`,
  });
}

/** `btr invite`. */
import { type FileHandle, open, rm } from 'node:fs/promises';
import { errorCode, SetupError, UsageError } from '../errors.ts';
import type { Messenger } from '../messenger/index.ts';
import { rfc3339 } from '../ui/event-json.ts';
import { day } from '../ui/format.ts';
import { type Running, withMessenger } from './command.ts';
import type { InviteOptions } from './invite.ts';
import { endLiveKeys } from './live-keys.ts';

type Pairings = Awaited<ReturnType<Messenger['pairings']>>;
type Made = Awaited<ReturnType<Pairings['invite']>>;

export function invite(running: Running, buddy: string, options: InviteOptions): Promise<void> {
  return withMessenger(running, async (messenger) => {
    if (options.cancel) return cancel(running, messenger, buddy, options);
    await ensureChannel(running, messenger, buddy, options);
    const pairings = await messenger.pairings();
    const left = options.deleteKeys ? pairings.withdraw(buddy) : pairings.liveKeys(buddy);
    await endLiveKeys(running, pairings, buddy, left, options.deleteKeys);
    const made = await makeInvite(running, pairings, buddy, options);
    const more = made.liveKeys.filter((id) => !left.includes(id));
    await endLiveKeys(running, pairings, buddy, more, options.deleteKeys);
  });
}

async function cancel(running: Running, messenger: Messenger, buddy: string, options: InviteOptions): Promise<void> {
  const { output } = running;
  const wasOpen = messenger.pairing(buddy)?.state === 'open';
  const pairings = await messenger.pairings();
  const ids = pairings.withdraw(buddy);
  output.event({ event: 'invite-cancelled', channel: buddy, wasOpen });
  output.note(wasOpen ? 'The invite is taken back: nobody can join by it.' : `No invite is open for ${buddy}.`);
  await endLiveKeys(running, pairings, buddy, ids, options.deleteKeys);
}

/** The channel is there, or is made where it was said how. */
async function ensureChannel(
  running: Running,
  messenger: Messenger,
  buddy: string,
  options: InviteOptions,
): Promise<void> {
  const isThere = messenger.channels().some(({ name }) => name === buddy);
  const { as, drop, outputs, stack } = options;
  const isPlaced = [as, drop, outputs, stack].some((value) => value !== undefined);
  if (isThere && !isPlaced) return;
  if (isThere) {
    throw new UsageError(`There is a channel ${buddy} already, and it has its drop.`, {
      code: 'channel-exists',
      hint: 'Leave out --as and the drop.',
    });
  }
  if (!isPlaced) {
    throw new UsageError(`There is no channel ${JSON.stringify(buddy)} to invite to.`, {
      code: 'no-channel',
      hint: `Say where its drop is: btr invite ${buddy} --as a --drop URI (or --outputs FILE, --stack NAME; see btr channel add --help)`,
    });
  }
  const { addForInvite } = await import('./channel-add.ts');
  await addForInvite(running, messenger, buddy, options);
}

async function makeInvite(running: Running, pairings: Pairings, buddy: string, options: InviteOptions): Promise<Made> {
  // Before anything else: a new invite would burn the one that is open.
  const file = options.out === undefined ? undefined : await openNew(options.out);
  try {
    const made = await pairings.invite(buddy, {
      pinForm: options.words ? 'words' : 'digits',
      stay: options.for,
      replace: options.replace ?? false,
      withKey: (options.withKey ?? false) || options.user !== undefined,
      user: options.user,
      signal: running.terminal.signal,
      onNotice: ({ event }) => running.output.channelEvent(event),
    });
    await file?.writeFile(`${made.invite}\n`);
    await file?.sync();
    show(running, made, options);
    await showQr(running, made, options);
    return made;
  } catch (error) {
    if (options.out !== undefined) await rm(options.out, { force: true });
    throw error;
  } finally {
    await file?.close();
  }
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (cause) {
    if (errorCode(cause) === 'EEXIST') {
      throw new UsageError(`${path} is there already, and nothing is overwritten.`, {
        code: 'file-exists',
        hint: 'Take another name for --out.',
        cause,
      });
    }
    throw new SetupError(`The file ${path} can't be made.`, { code: 'no-file', hint: 'Look at its folder.', cause });
  }
}

/** The invite alone on stdout, the PIN apart from it: who pipes the one must not send the other along. */
function show({ output }: Running, { channel, invite: text, pin, expiresAt }: Made, { out }: InviteOptions): void {
  const where = out === undefined ? { invite: text } : { invite: null, path: out };
  output.event({ event: 'invite', channel, ...where, pin, expiresAt: rfc3339(expiresAt) });
  if (output.json) return;
  if (out === undefined) output.line(text);
  else output.note(`The invite is in ${out}, for you alone to read.`);
  output.aside('PIN: ', pin);
  output.note(`Tell ${channel} the PIN by voice, and send the invite by another way: never both by the same.`);
  output.note(`Good until ${day(expiresAt)}, for one try. Your buddy runs: btr join`);
  output.note(
    `You can write already: it goes out once ${channel} has joined and you listen. Next: btr listen ${channel}`,
  );
}

async function showQr(running: Running, { invite: text }: Made, { qr }: InviteOptions): Promise<void> {
  if (!qr) return;
  const { drawQr } = await import('./qr.ts');
  const problem = drawQr(running, text);
  if (problem !== undefined) running.output.note(problem);
}

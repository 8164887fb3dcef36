/** `btr listen`. */
import { mkdir } from 'node:fs/promises';
import { BtrError, type DropError, SecurityError, SetupError, TimeoutError, withHint } from '../errors.ts';
import type { ChannelEvent, FileEvent, Messenger } from '../messenger/index.ts';
import { DesktopNotice } from '../ui/desktop-notice.ts';
import { changedIdentity } from '../ui/pairing-words.ts';
import { chooseChannel, type Running, withMessenger } from './command.ts';
import { execFor } from './exec.ts';
import type { ListenOptions } from './listen.ts';
import { failedPairings, otherIdentities, refusals } from './output.ts';
import { startProgress } from './progress.ts';

export function listen(running: Running, given: string | undefined, options: ListenOptions): Promise<void> {
  return withMessenger(running, async (messenger) => {
    const channel = chooseChannel(messenger, given);
    if (options.files !== undefined) await mkdir(options.files, { recursive: true });
    const timeout = options.timeout === undefined ? undefined : AbortSignal.timeout(options.timeout);
    const signal = timeout ? AbortSignal.any([timeout, running.terminal.signal]) : running.terminal.signal;
    const tally: Tally = { shown: 0, refused: new Set() };
    await showAll(running, messenger, channel, options, signal, tally);
    if (running.terminal.signal.aborted) throw running.terminal.signal.reason;
    if (options.count !== undefined && tally.shown < options.count && timeout?.aborted)
      throw tooFew(tally.shown, options);
    const problem = problemOf(messenger, channel, [...tally.refused]);
    if (problem) throw problem;
  });
}

interface Tally {
  shown: number;
  /** Codes of notices of what was refused. */
  readonly refused: Set<string>;
}

async function showAll(
  running: Running,
  messenger: Messenger,
  channel: string,
  options: ListenOptions,
  signal: AbortSignal,
  tally: Tally,
): Promise<void> {
  const { output } = running;
  const desktop = options.notify ? new DesktopNotice((text) => output.warn('no-desktop', text)) : undefined;
  const events = messenger.listen(channel, { wait: !options.once, signal });
  for (let next = await events.next(); !next.done; next = await events.next()) {
    const event = next.value;
    if (event.type === 'notice') tally.refused.add(event.code);
    try {
      await showOne(running, messenger, event, options, signal);
      await running.output.flushed(running.terminal.signal);
    } catch (error) {
      // Thrown into the iteration, so that this message does not count as shown.
      await events.throw(error);
    }
    if (event.type !== 'message' && event.type !== 'file') continue;
    desktop?.tell();
    tally.shown++;
    if (tally.shown === options.count) {
      await events.return(undefined);
      // What was just received is acknowledged before the end, as it would have been a moment later.
      if (!signal.aborted) {
        const onNotice = ({ event: said }: { event: ChannelEvent }) => running.output.channelEvent(said);
        await messenger.deliver(channel, { acknowledge: true, signal, onNotice });
      }
    }
  }
}

async function showOne(
  running: Running,
  messenger: Messenger,
  event: ChannelEvent,
  options: ListenOptions,
  signal: AbortSignal,
): Promise<void> {
  const { output } = running;
  const isFetched = event.type === 'file' && options.files !== undefined;
  const shown = isFetched ? await fetchFile(running, messenger, event, options.files, signal) : event;
  const runs = options.exec !== undefined && (shown.type === 'message' || isFetched);
  if (runs && shown.type !== 'notice' && shown.type !== 'status') {
    await execFor(options.exec, shown, { signal, stdout: output.json ? 2 : 1, retries: !options.once });
  }
  if (!runs || output.json) output.channelEvent(shown);
}

/** A file that can't be fetched now is said and can be fetched later: what comes after it must not wait for it. */
async function fetchFile(
  { terminal, output }: Running,
  messenger: Messenger,
  event: FileEvent,
  folder: string,
  signal: AbortSignal,
): Promise<FileEvent> {
  const progress = await startProgress(terminal, output, event.id, event.name);
  try {
    const onProgress = (done: number, total: number) => progress.update(done, total);
    const onUnburned = (error: DropError) => output.warn(error.code, withHint(error));
    const path = await messenger.getFile(event.id, { target: { folder }, signal, onProgress, onUnburned });
    return { ...event, path: path ?? null };
  } catch (error) {
    if (!(error instanceof BtrError) || signal.aborted) throw error;
    progress.stop();
    output.warn(error.code, `${error.message} Try again with: btr get ${event.id.slice(0, 8)}`);
    return event;
  } finally {
    progress.stop();
  }
}

function tooFew(shown: number, { count = 0, timeout = 0 }: ListenOptions): TimeoutError {
  return new TimeoutError(`${shown} of ${count} messages came within ${timeout / 1000} seconds.`, { code: 'too-few' });
}

/** Everything else was shown; the exit code still says that not all of it was in order. The gravest comes first. */
function problemOf(messenger: Messenger, channel: string, codes: readonly string[]): BtrError | undefined {
  const identity = codes.find((code) => otherIdentities.has(code));
  if (identity === 'identity-changed') return changedIdentity(channel);
  if (identity) return new SecurityError('A pairing was refused: it was altered on its way.', { code: identity });
  const failed = codes.find((code) => failedPairings.has(code));
  const others = codes.filter((code) => refusals.has(code));
  // Who failed to pair may have written at once: nobody can open that, and it is no sign of anything else.
  if (failed && others.every((code) => code === 'unopened')) return noPairing(channel, failed);
  return others.length > 0 ? refused(messenger, channel) : undefined;
}

function noPairing(channel: string, code: string): SetupError {
  const hint = code.startsWith('invite-')
    ? `Make a new one: btr invite ${channel}`
    : 'Ask for a new one, then: btr join';
  return new SetupError(`The invite came to nothing.`, { code, hint });
}

function refused(messenger: Messenger, channel: string): BtrError {
  const pairing = messenger.pairing(channel);
  if (pairing ? pairing.paired : messenger.hasMet(channel)) {
    return new SecurityError('Something in the drop was altered or does not belong there; it is in quarantine.', {
      code: 'refused',
      hint: 'Everything else was shown.',
    });
  }
  if (pairing) {
    return new SetupError('Somebody who has not joined wrote in this channel; it is in quarantine.', {
      code: 'not-joined',
      hint: `Nothing is lost. For a buddy who joins: btr invite ${channel}`,
    });
  }
  return new SetupError('Nothing of this buddy could be opened so far: the PIN or key file differs, most likely.', {
    code: 'wrong-pin',
    hint: `Nothing is lost. Agree on a PIN, then: btr channel set ${channel} --pin`,
  });
}

/** `btr destroy`: what waits is taken first; then keys, what the bucket holds, and the stack go. */
import { mkdir } from 'node:fs/promises';
import { DropError, SetupError, UsageError } from '../errors.ts';
import type { ChannelInfo, FileInfo, Messenger } from '../messenger/index.ts';
import type { Doomed } from '../messenger/stack-owner.ts';
import { visible } from '../ui/visible.ts';
import { chooseChannel, type Running, withMessenger } from './command.ts';
import { confirm, confirmByWord } from './confirm.ts';
import type { DestroyOptions } from './destroy.ts';
import { startProgress } from './progress.ts';

export function destroy(running: Running, given: string, options: DestroyOptions): Promise<void> {
  return withMessenger(running, async (messenger) => {
    const { output, terminal } = running;
    const channel = messenger.channel(chooseChannel(messenger, given));
    const { destroyStack, findDoomed } = await import('../messenger/stack-owner.ts');
    const doomed = await findDoomed(channel, terminal.signal);
    await confirmByWord(running, options.yes, question(doomed), doomed.stack.name);
    // What a deletion that was cut has left of the drop can't be trusted to answer.
    if (!doomed.stack.status.startsWith('DELETE_')) await saveWhatWaits(running, messenger, channel, options);
    const done = await destroyStack(channel, doomed, (text) => output.note(text), terminal.signal);
    const { keys, objects, uploads } = done;
    output.event({ event: 'destroyed', channel: channel.name, stack: doomed.stack.name, keys, objects, uploads });
    output.note(`The stack ${doomed.stack.name} is gone. The history of channel ${channel.name} stays in this home.`);
    output.note(
      `Next: btr channel remove ${channel.name} forgets it; btr channel set --help tells how it goes on elsewhere.`,
    );
  });
}

function question({ owner, stack, holdings: { users, bucket } }: Doomed): string {
  const parts = [
    'its queues',
    ...(bucket ? [bucket.isRetained ? `not its bucket ${bucket.name}, which stays` : `its bucket ${bucket.name}`] : []),
    ...users.map((user) => `user ${user} with all keys`),
  ];
  return `Delete stack ${stack.name} in account ${owner.account}, region ${owner.region}: ${parts.join(', ')}?`;
}

/** Nothing is deleted before this is through. */
async function saveWhatWaits(
  running: Running,
  messenger: Messenger,
  channel: ChannelInfo,
  options: DestroyOptions,
): Promise<void> {
  running.output.note('Taking what still waits for you');
  await collect(running, messenger, channel.name, options);
  await saveFiles(running, messenger, channel.name, options);
  await askForBuddy(running, messenger, channel, options);
}

/** The home's own key or a queue may be gone, by hand or with a run of this command that was cut. */
const gone = ['invalid-credentials', 'no-such-queue'];

async function collect(
  running: Running,
  messenger: Messenger,
  channel: string,
  { yes }: DestroyOptions,
): Promise<void> {
  const { output, terminal } = running;
  try {
    for await (const event of messenger.listen(channel, { wait: false, signal: terminal.signal })) {
      output.channelEvent(event);
    }
    terminal.signal.throwIfAborted();
  } catch (error) {
    if (!(error instanceof DropError) || !gone.includes(error.code)) throw error;
    output.warn('not-collected', `${error.message} What still waits for you can't be taken.`);
    await confirm(running, yes, 'Go on without it?');
  }
}

async function saveFiles(
  running: Running,
  messenger: Messenger,
  channel: string,
  { files: folder, yes }: DestroyOptions,
): Promise<void> {
  const { output } = running;
  const waiting = messenger.files(channel).filter((file) => isWaiting(file) && !file.outgoing);
  if (folder !== undefined) await mkdir(folder, { recursive: true });
  for (const file of waiting) {
    if (folder !== undefined) await fetchFile(running, messenger, file, folder);
    else output.warn('file-waits', `The file ${visible(file.name)} (${file.id.slice(0, 8)}) was not fetched yet.`);
  }
  if (folder !== undefined || waiting.length === 0 || yes) return;
  throw new SetupError(`Files that wait for you would be lost: ${waiting.length}. Nothing was deleted.`, {
    code: 'files-waiting',
    hint: 'Fetch them along the way with --files DIR, or give them up with --yes.',
  });
}

function isWaiting({ state, expiresAt }: FileInfo): boolean {
  return state === 'waiting' && expiresAt > Date.now();
}

async function fetchFile(running: Running, messenger: Messenger, file: FileInfo, folder: string): Promise<void> {
  const { terminal, output } = running;
  const progress = await startProgress(terminal, output, file.id, file.name);
  try {
    const onProgress = (done: number, total: number) => progress.update(done, total);
    const path = await messenger.getFile(file.id, { target: { folder }, signal: terminal.signal, onProgress });
    progress.stop();
    output.event({ event: 'saved', id: file.id, path: path ?? null });
    if (path !== undefined && !output.json) output.line(visible(path));
  } finally {
    progress.stop();
  }
}

/** What the buddy has not collected stays in this home's outbox, but nothing can bring it there any more. */
async function askForBuddy(
  running: Running,
  messenger: Messenger,
  channel: ChannelInfo,
  { evenUndelivered }: DestroyOptions,
): Promise<void> {
  const { name } = channel;
  const { waitingForBuddy } = await import('../messenger/stack-owner.ts');
  const envelopes = await waitingForBuddy(channel, running.terminal.signal);
  const { queued, sent } = messenger.pending(name);
  const files = messenger.files(name).filter((file) => isWaiting(file) && file.outgoing).length;
  running.output.event({ event: 'undelivered', channel: name, envelopes, queued, sent, files });
  const said = [
    // Without acknowledgements only the queue can tell; with them, it may hold nothing but those.
    ...(envelopes > 0 && !messenger.isAcknowledged(name) ? [`messages in the queue: about ${envelopes}`] : []),
    ...(queued + sent > 0
      ? [`messages not acknowledged: ${queued + sent}, envelopes in the queue: about ${envelopes}`]
      : []),
    ...(files > 0 ? [`files in the bucket, fetched or not: ${files}`] : []),
  ];
  if (said.length === 0 || evenUndelivered) return;
  if (running.terminal.stdin.isTTY) {
    return confirm(running, false, `${name} can't get any more: ${said.join('; ')}. Delete it all the same?`);
  }
  throw new UsageError(`${name} has not collected everything: ${said.join('; ')}. Nothing was deleted.`, {
    code: 'undelivered',
    hint: `Wait until ${name} has listened, or give it up with --even-undelivered.`,
  });
}

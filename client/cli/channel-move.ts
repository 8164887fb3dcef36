/** `btr channel set --drop`: this side's half of moving a channel to another drop, and what its owner should know of it. */
import { UsageError } from '../errors.ts';
import { type FileInfo, type Messenger, type Moved, settleDrop } from '../messenger/index.ts';
import type { SetOptions } from './channel.ts';
import type { Running } from './command.ts';
import { deliverOrTell } from './deliver.ts';
import { fileList, tellLeftBehind } from './left-behind.ts';
import { findPlace, tellTrouble } from './place.ts';

const movingOptions: readonly (keyof SetOptions)[] = ['drop', 'outputs', 'stack', 'as', 'force'];
const otherOptions: readonly (keyof SetOptions)[] = [
  'pin',
  'pinFile',
  'keyFile',
  'receipts',
  'history',
  'timer',
  'name',
];

/** @throws UsageError where something else is to be set by the same command. */
export function isMove(options: SetOptions): boolean {
  if (!movingOptions.some((option) => options[option] !== undefined)) return false;
  if (!otherOptions.some((option) => options[option] !== undefined)) return true;
  throw new UsageError('A channel moves by a command of its own.', {
    code: 'move-alone',
    hint: 'First move it, then set the rest.',
  });
}

/** Moves, delivers what waits, and says what stays behind. @throws BtrError; then nothing is changed. */
export async function moveChannel(
  running: Running,
  messenger: Messenger,
  name: string,
  options: Pick<SetOptions, 'drop' | 'outputs' | 'stack' | 'as' | 'force'>,
): Promise<void> {
  const { output, terminal } = running;
  const { role } = messenger.channel(name);
  const place = await findPlace({ ...options, as: options.as ?? role });
  if (place.role !== role) {
    throw new UsageError(`You are ${role} in this channel, and stay it: ${options.as} is the other side of the drop.`, {
      code: 'role-stays',
      hint: 'Leave --as out. If your buddy has your side of the new drop, make that one anew with the sides exchanged.',
    });
  }
  const moved = await messenger.moveChannel(name, await settleDrop(place.drop, role), {
    signal: terminal.signal,
    force: options.force ?? false,
    onEvent: (event) => output.channelEvent(event),
  });
  await tellMoved(running, messenger, name, moved);
  await tellTrouble(running, messenger.check(name, running.terminal.signal));
  await deliverOrTell(running, messenger, name, 'Not in the new drop yet');
}

async function tellMoved({ output }: Running, messenger: Messenger, name: string, moved: Moved): Promise<void> {
  const { again, sentFiles, lostFiles, hadKey } = moved;
  const drop = await messenger.describeDrop(name);
  const ids = (files: readonly FileInfo[]) => files.map(({ id }) => id);
  const files = { sentFiles: ids(sentFiles), lostFiles: ids(lostFiles) };
  output.event({ event: 'moved', channel: name, role: messenger.channel(name).role, drop, again, ...files });
  output.note(`Channel ${name} goes over ${drop} now.`);
  if (hadKey) {
    const own = `btr channel rotate-key ${name} --own`;
    output.note(
      `The access key that this home kept opened the old drop alone, and is forgotten. For one of the new: ${own}`,
    );
  }
  const isAcknowledged = messenger.isAcknowledged(name);
  const rest = isAcknowledged ? `goes out again when ${name} moves` : 'is lost';
  tellLeftBehind(output, name, moved, rest);
  if (!isAcknowledged) {
    const text = `Without acknowledgements, what ${name} has not fetched from the old drop stays there: ${name} has to listen there before moving.`;
    output.warn('left-behind', text);
  }
  if (sentFiles.length > 0) {
    const text = `These files of yours stay in the old drop: ${fileList(sentFiles)}. Send again what ${name} has not fetched before moving.`;
    output.warn('files-stay', text);
  }
  const waits =
    again === 0 ? '' : ` ${again === 1 ? 'A message' : `${again} messages`} not acknowledged yet: out again.`;
  output.note(`${name} has to move as well, to the other side of that drop.${waits}`);
}

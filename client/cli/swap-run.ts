/** `btr swap`. */
import type { Messenger } from '../messenger/index.ts';
import { swappedWords, takeOtherRole } from '../ui/swap.ts';
import type { Running } from './command.ts';

/** @throws DropError naming the permission that is missing; the role is then what it was. */
export async function swapSides({ output, terminal }: Running, messenger: Messenger, channel: string): Promise<void> {
  const role = await takeOtherRole(messenger, channel, terminal.signal);
  output.event({ event: 'swapped', channel, role });
  output.note(swappedWords(role));
}

/** Taking the other role, and back again where the drop does not allow it. */
import type { Messenger } from '../messenger/index.ts';
import type { Running } from './command.ts';

/** @throws DropError naming the permission that is missing; the role is then what it was. */
export async function swapSides({ output, terminal }: Running, messenger: Messenger, channel: string): Promise<void> {
  const { role } = messenger.swapRoles(channel);
  try {
    await messenger.probe(channel, terminal.signal);
  } catch (error) {
    messenger.swapRoles(channel);
    throw error;
  }
  output.event({ event: 'swapped', channel, role });
  output.note(
    `You are ${role} now. What the other side did not have yet goes out again from here; it has to swap, too.`,
  );
}

/** Taking the other role, and back again where the drop does not allow it. */
import type { Messenger } from '../messenger/index.ts';

/** Answers the new role. @throws DropError naming the permission that is missing; the role is then what it was. */
export async function takeOtherRole(messenger: Messenger, channel: string, signal: AbortSignal): Promise<string> {
  const { role } = messenger.swapRoles(channel);
  try {
    await messenger.probe(channel, signal);
  } catch (error) {
    messenger.swapRoles(channel);
    throw error;
  }
  return role;
}

export function swappedWords(role: string): string {
  return `You are ${role} now. What the other side did not have yet goes out again from here; it has to swap, too.`;
}

/** Leaving what waits, where that is not what the command is for. */
import { DropError } from '../errors.ts';
import type { Messenger } from '../messenger/index.ts';
import type { Running } from './command.ts';

/** What waits is safe: trouble is said, and the next `btr send` or `btr listen` leaves it. @param what begins the remark. */
export async function deliverOrTell(
  { output, terminal }: Running,
  messenger: Messenger,
  channel: string,
  what: string,
): Promise<void> {
  try {
    await messenger.deliver(channel, {
      signal: terminal.signal,
      onNotice: ({ event }) => output.channelEvent(event),
    });
  } catch (error) {
    if (!(error instanceof DropError) || terminal.signal.aborted) throw error;
    output.warn(error.code, `${what}: ${error.message} It goes with the next btr send or btr listen.`);
  }
}

/** `btr channel rotate-key`. */
import { SetupError } from '../errors.ts';
import type { Messenger } from '../messenger/index.ts';
import { chooseChannel, type Running, withMessenger } from './command.ts';

interface WhichKey {
  readonly user: string | undefined;
  /** The beginning of a drop's id. */
  readonly drop: string | undefined;
}

export function rotateKey(running: Running, given: string | undefined, which: WhichKey): Promise<void> {
  const { output, terminal } = running;
  return withMessenger(running, async (messenger) => {
    const channel = chooseChannel(messenger, given);
    // A key that nobody receives would stay alive, unused.
    if (!messenger.pairing(channel)?.paired) {
      throw new SetupError(`Nobody has joined ${channel} by an invite, so there is nobody to send a key to.`, {
        code: 'not-paired',
        hint: `An invite can bring one: btr invite ${channel} --with-key`,
      });
    }
    const pairings = await messenger.pairings();
    const id = await pairings.rotateKey(channel, { ...which, signal: terminal.signal });
    output.event({ event: 'key', channel, id });
    output.note(`Made access key ${id} for ${channel}, whose client takes it and deletes the one before.`);
    await messenger.deliver(channel, {
      signal: terminal.signal,
      onNotice: ({ event }) => output.channelEvent(event),
    });
  });
}

/** The key before, if this home had one, is deleted. */
export function rotateOwnKey(running: Running, given: string | undefined, drop: string | undefined): Promise<void> {
  return withMessenger(running, (messenger) => takeOwnKey(running, messenger, chooseChannel(messenger, given), drop));
}

/** Waits until AWS knows the key, which may take half a minute. */
export async function takeOwnKey(
  { output, terminal }: Running,
  messenger: Messenger,
  channel: string,
  drop?: string,
): Promise<void> {
  const pairings = await messenger.pairings();
  const id = await pairings.takeOwnKey(channel, { drop, signal: terminal.signal });
  output.event({ event: 'key', channel, id });
  output.note(
    `This home uses access key ${id} for ${channel} from now on. It is kept sealed here, and may do your side's part only.`,
  );
}

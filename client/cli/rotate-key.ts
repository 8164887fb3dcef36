/** `btr channel rotate-key`. */
import { SetupError } from '../errors.ts';
import { chooseChannel, type Running, withMessenger } from './command.ts';

export function rotateKey(running: Running, given: string | undefined, user: string | undefined): Promise<void> {
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
    const id = await pairings.rotateKey(channel, { user, signal: terminal.signal });
    output.event({ event: 'key', channel, id });
    output.note(`Made access key ${id} for ${channel}, whose client takes it and deletes the one before.`);
    await messenger.deliver(channel, {
      signal: terminal.signal,
      onNotice: ({ event }) => output.channelEvent(event),
    });
  });
}

/** `btr channel add`: from what was typed to a channel, and what its owner should know of it. */
import { UsageError } from '../errors.ts';
import type { ChannelKey, Messenger } from '../messenger/index.ts';
import { suiteWarning } from '../ui/pairing-words.ts';
import type { AddOptions } from './channel.ts';
import { channelEvent } from './channel-event.ts';
import { pinSource, type Running, withMessenger } from './command.ts';
import { readOrMakeKey } from './key-file.ts';
import { type PlaceOptions, settledPlace, tellTrouble } from './place.ts';
import { readSecret } from './secrets.ts';

const defaultSuite = 'signal';

export function addChannel(running: Running, buddy: string, options: AddOptions): Promise<void> {
  return withMessenger(running, async (messenger) => {
    const { suite } = options;
    messenger.assertNewChannel(buddy, suite);
    if (suite === defaultSuite) {
      assertNoSecret(options);
      await addForInvite(running, messenger, buddy, options);
      running.output.note(`Next: btr invite ${buddy}. Your buddy makes no channel: joining does that.`);
      return;
    }
    const place = await settledPlace(running, options);
    const key = options.keyFile === undefined ? undefined : await readOrMakeKey(running, options.keyFile, suite);
    const pin = await readPin(running, options, key);
    const { name } = await messenger.addChannel({ name: buddy, ...place, suite, pin, key });
    await tellAdded(running, messenger, name);
    const warning = suiteWarning(suite, key !== undefined);
    if (warning) running.output.warn(warning.code, warning.text);
    await tellTrouble(running, messenger.check(name, running.terminal.signal));
    running.output.note(`Next: btr chat ${name}, or btr send ${name} TEXT and btr listen ${name}`);
  });
}

/** Makes a channel that a buddy joins by an invite. */
export async function addForInvite(
  running: Running,
  messenger: Messenger,
  buddy: string,
  options: PlaceOptions,
): Promise<void> {
  messenger.assertNewChannel(buddy, defaultSuite);
  const place = await settledPlace(running, options);
  const { name } = await messenger.addChannel({ name: buddy, ...place, suite: defaultSuite });
  await tellAdded(running, messenger, name);
  await tellTrouble(running, messenger.check(name, running.terminal.signal));
}

async function tellAdded({ output }: Running, messenger: Messenger, channel: string): Promise<void> {
  output.event(await channelEvent(messenger, channel));
  // Not on stdout: btr invite makes channels, too, and prints the invite there alone.
  output.note(
    `Channel ${channel}: you are ${messenger.channel(channel).role}, over ${await messenger.describeDrop(channel)}.`,
  );
}

function assertNoSecret({ keyFile, pinFile }: AddOptions): void {
  if (keyFile === undefined && pinFile === undefined) return;
  throw new UsageError('Suite signal takes no PIN and no key file here: its keys come with an invite.', {
    code: 'no-pin-here',
    hint: 'Leave them out, then btr invite. For a channel by PIN and key file on both sides: --suite fernet',
  });
}

async function readPin(
  { terminal }: Running,
  options: AddOptions,
  key: ChannelKey | undefined,
): Promise<string | undefined> {
  const isWhole = options.suite === 'btrchat' && key?.form === 'key';
  if (options.suite === 'plain' || isWhole) return undefined;
  return readSecret(terminal, pinSource(options.pinFile), 'PIN that you and your buddy agreed on: ');
}

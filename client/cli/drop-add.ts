/** `btr drop add`: a drop of one's own, or one that the buddy offers. */
import { type AddedDrop, type DropInfo, type Messenger, settleDrop } from '../messenger/index.ts';
import { dropFields, shortId } from '../ui/drop-words.ts';
import { visible } from '../ui/visible.ts';
import { addressed, type Running, withMessenger } from './command.ts';
import { consent } from './confirm.ts';
import { deliverOrTell } from './deliver.ts';
import type { AddDropOptions } from './drop.ts';
import { findPlace, tellTrouble } from './place.ts';

export function addDrop(running: Running, words: readonly string[], options: AddDropOptions): Promise<void> {
  return withMessenger(running, async (messenger) => {
    const { channel, rest } = addressed(messenger, words, 1);
    const [what] = rest;
    if (what !== undefined && /^[0-9a-f]+$/i.test(what)) {
      const drop = await accept(running, messenger, channel, what.toLowerCase(), options.yes);
      tellAdded(running, channel, { ...drop, isNew: true });
      if (await tellTrouble(running, checkOf(running, messenger, channel, drop.id))) {
        running.output.note(`If you get there by another path or login: btr drop add ${channel} DROP`);
      }
      return;
    }
    const drop = await addOwn(running, messenger, channel, what, options);
    tellAdded(running, channel, drop);
    if (drop.isNew) {
      running.output.note(`${channel} hears of it inside the channel, and is asked there where it wants a yes.`);
    }
    await deliverOrTell(running, messenger, channel, 'Not told yet');
    await tellTrouble(running, checkOf(running, messenger, channel, drop.id));
  });
}

/** @throws UsageError where the user does not say yes to what the address names, and nothing is changed. */
async function accept(
  running: Running,
  messenger: Messenger,
  channel: string,
  id: string,
  yes: boolean | undefined,
): Promise<DropInfo> {
  const drops = await messenger.drops(channel);
  const [offer, ...others] = drops.filter((drop) => drop.state === 'offered' && drop.id.startsWith(id));
  if (!offer || others.length > 0) return messenger.acceptDrop(channel, id, { signal: running.terminal.signal });
  await consent(running, yes, offer.reasons);
  return messenger.acceptDrop(channel, offer.id, { seen: offer, signal: running.terminal.signal });
}

/** @throws UsageError, SetupError, DropError or SecurityError; nothing is changed then. */
async function addOwn(
  running: Running,
  messenger: Messenger,
  channel: string,
  uri: string | undefined,
  { outputs, stack, withKey, user }: AddDropOptions,
): Promise<AddedDrop> {
  const { role } = messenger.channel(channel);
  const place = await findPlace({ as: role, drop: uri, outputs, stack }, 'a drop URI, the id of an offer');
  return messenger.addDrop(channel, await settleDrop(place.drop, role), {
    withKey: (withKey ?? false) || user !== undefined,
    user,
    signal: running.terminal.signal,
  });
}

async function checkOf({ terminal }: Running, messenger: Messenger, channel: string, id: string) {
  const checked = await messenger.checkDrops(channel, id, terminal.signal);
  return checked.flatMap(({ findings }) => findings);
}

export function tellAdded({ output }: Running, channel: string, drop: AddedDrop): void {
  output.event({ event: 'drop-added', channel, ...dropFields(drop) });
  const text = visible(drop.text);
  output.note(
    drop.isNew
      ? `Channel ${channel} goes over ${text} as well, id ${shortId(drop)}.`
      : `Channel ${channel} reaches ${shortId(drop)} as ${text} from now on.`,
  );
}

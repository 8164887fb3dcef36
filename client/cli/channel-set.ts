/** `btr channel set`. */
import { SetupError, UsageError } from '../errors.ts';
import type { SetOptions } from './channel.ts';
import { channelEvent, quarantined } from './channel-event.ts';
import { isMove, moveChannel } from './channel-move.ts';
import { chooseChannel, pinSource, type Running, withMessenger } from './command.ts';
import { readKey } from './key-file.ts';
import { retentionWords } from './retention.ts';
import { readSecret } from './secrets.ts';

export function setChannel(running: Running, given: string | undefined, options: SetOptions): Promise<void> {
  const { output } = running;
  return withMessenger(running, async (messenger) => {
    let name = chooseChannel(messenger, given);
    if (isMove(options)) return moveChannel(running, messenger, name, options);
    const rekeys = options.pin || options.pinFile !== undefined || options.keyFile !== undefined;
    const { receipts, history, timer } = options;
    const retains = history !== undefined || timer !== undefined;
    if (!rekeys && !retains && receipts === undefined && options.name === undefined) {
      throw new UsageError('Nothing to set.', { code: 'nothing-to-set', hint: 'See: btr channel set --help' });
    }
    if (rekeys) await rekey(running, messenger, name, options);
    name = messenger.changeChannel(name, {
      ...(receipts === undefined ? {} : { receipts: receipts === 'on' }),
      ...(history === undefined ? {} : { history }),
      ...(timer === undefined ? {} : { timer }),
      ...(options.name === undefined ? {} : { name: options.name }),
    }).name;
    output.event(await channelEvent(messenger, name));
    output.note(`Channel ${name} is changed.`);
    if (retains) output.note(retentionWords(name, messenger.channel(name).retention));
  });
}

async function rekey(
  { terminal, output }: Running,
  messenger: Awaited<ReturnType<Running['open']>>,
  name: string,
  options: SetOptions,
): Promise<void> {
  const key = options.keyFile === undefined ? undefined : await readKey(options.keyFile);
  if (options.keyFile !== undefined && !key) {
    throw new SetupError(`There is no key file ${options.keyFile}.`, { code: 'no-key-file' });
  }
  // A suite whose keys come with an invite says so itself.
  const isInvited = messenger.pairing(name) !== undefined;
  const ask = 'PIN that you and your buddy agreed on: ';
  const pin = isInvited ? undefined : await readSecret(terminal, pinSource(options.pinFile), ask);
  const before = quarantined(messenger, name);
  await messenger.rekeyChannel(name, pin, key);
  const after = quarantined(messenger, name);
  if (before > after) output.note(`${before - after} in quarantine could be opened now; btr listen shows them.`);
  if (after === 0) return;
  // Without a key file, keys come from the PIN and the drop of the moment.
  const text = `${after} in quarantine still do not open: another PIN or key, most likely. After a move without a key file, the PIN has to be set on both sides.`;
  output.warn('still-unopened', text);
}

/** `btr drop import`: the machines of an inventory as drops of one channel. */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BtrError, DropError, SetupError, UsageError } from '../errors.ts';
import { type AddedDrop, type Messenger, settleDrop } from '../messenger/index.ts';
import { readLoginInfo } from '../messenger/login-info.ts';
import { addressed, type Running, withMessenger } from './command.ts';
import { deliverOrTell } from './deliver.ts';
import type { ImportOptions } from './drop.ts';
import { tellAdded } from './drop-add.ts';

type Machine = ReturnType<typeof readLoginInfo>[number];

/** @throws UsageError where the inventory can't be read; DropError where none of it could be added. */
export function importDrops(running: Running, words: readonly string[], options: ImportOptions): Promise<void> {
  return withMessenger(running, async (messenger) => {
    const { channel, rest } = addressed(messenger, words, 1);
    const machines = await readInventory(rest[0], options);
    const added: AddedDrop[] = [];
    for (const machine of machines) {
      const drop = await addMachine(running, messenger, channel, machine);
      if (drop) added.push(drop);
    }
    if (added.length === 0) {
      throw new DropError(`None of the ${machines.length} machines could be added.`, {
        code: 'none-added',
        hint: 'What was said of each tells why. Those that were added before are in: btr drop list',
        retryable: false,
      });
    }
    running.output.note(`${added.length} of ${machines.length} machines are drops of channel ${channel} now.`);
    await deliverOrTell(running, messenger, channel, 'Not told yet');
  });
}

async function readInventory(path: string | undefined, { user, path: folder }: ImportOptions) {
  if (path === undefined) {
    throw new UsageError('Which inventory?', { code: 'no-inventory', hint: 'btr drop import login_info.csv' });
  }
  return readLoginInfo(await textOf(path), { folder: dirname(path), user, path: folder });
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new SetupError(`The inventory can't be read: ${path}`, {
      code: 'no-inventory',
      hint: 'Name the file as it lies here: btr drop import CHANNEL FILE',
      cause,
    });
  }
}

/** One that can't be added is said, and is no reason to leave out the rest. */
async function addMachine(
  running: Running,
  messenger: Messenger,
  channel: string,
  machine: Machine,
): Promise<AddedDrop | undefined> {
  const { output, terminal } = running;
  const { signal } = terminal;
  try {
    const settled = await settleDrop({ ...machine }, messenger.channel(channel).role);
    const drop = await messenger.addDrop(channel, settled, { signal });
    tellAdded(running, channel, drop);
    return drop;
  } catch (error) {
    if (!(error instanceof BtrError) || signal.aborted) throw error;
    output.warn(error.code, `${machine.host}: ${error.message} ${error.hint ?? ''}`.trim());
    return undefined;
  }
}

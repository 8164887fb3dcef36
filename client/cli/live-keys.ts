/** Access keys that an invite gave away and that still open the drop: named, and deleted where that is wanted. */
import type { Messenger } from '../messenger/index.ts';
import type { Running } from './command.ts';
import { asksYes } from './confirm.ts';

type Pairings = Awaited<ReturnType<Messenger['pairings']>>;

/** @param deletes true: without asking. @throws DropError where deleting fails. */
export async function endLiveKeys(
  running: Running,
  pairings: Pairings,
  channel: string,
  ids: readonly string[],
  deletes: boolean | undefined,
): Promise<void> {
  if (ids.length === 0) return;
  const { output, terminal } = running;
  if (!deletes) {
    output.warn('live-keys', `Access keys that an invite gave away still open the drop: ${ids.join(', ')}.`);
    const isWanted =
      terminal.stdin.isTTY === true && (await asksYes(running, 'Delete them now, with your own rights?'));
    if (!isWanted) {
      output.note(`Whenever you want: btr invite ${channel} --cancel --delete-keys`);
      return;
    }
  }
  await pairings.removeKeys(channel, ids);
  output.event({ event: 'keys-deleted', channel, ids });
  output.note(`Deleted: ${ids.join(', ')}.`);
}

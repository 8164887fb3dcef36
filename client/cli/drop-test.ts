/** `btr drop test`. */

import { shortId } from '../ui/drop-words.ts';
import { addressed, type Running, withMessenger } from './command.ts';
import { tellFinding, unwell } from './findings.ts';

/** @throws DropError where something is wrong, after all of it was said. */
export function testDrops(running: Running, words: readonly string[]): Promise<void> {
  return withMessenger(running, async (messenger) => {
    const { channel, rest } = addressed(messenger, words, 1);
    const sick: string[] = [];
    for (const { drop, findings } of await messenger.checkDrops(channel, rest[0], running.terminal.signal)) {
      for (const finding of findings) tellFinding(running, { channel, drop }, finding);
      if (findings.some(({ ok }) => !ok)) sick.push(shortId(drop));
    }
    if (sick.length > 0) throw unwell(`${sick.join(', ')} of ${channel}`);
  });
}

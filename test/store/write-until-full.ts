/**
 * Queues texts of 20 KB in a home until that fails, then prints how many were taken, what the error says, and how many
 * of them the history has.
 */
import { createMemoryCloud } from '../../client/drops/memory/cloud.ts';
import { BtrError, Messenger } from '../../client/messenger/index.ts';

const [home = ''] = process.argv.slice(2);
const cloud = createMemoryCloud();
const messenger = await Messenger.open({ home, openDrop: async () => cloud.drop('a') });
let taken = 0;
try {
  for (;;) {
    await messenger.queue('bob', [`${taken} ${'x'.repeat(20_000)}`]);
    taken++;
  }
} catch (error) {
  if (!(error instanceof BtrError)) throw error;
  const kept = [...messenger.history('bob')].length;
  process.stdout.write(`${JSON.stringify({ taken, kept, code: error.code, hint: error.hint })}\n`);
}
await messenger.close();

/** Queues numbered texts, one transaction each, once a line comes on its standard input. */
import { createMemoryCloud } from '../../client/drops/memory/cloud.ts';
import { Messenger } from '../../client/messenger/index.ts';

const [home = '', who = '', count = '0'] = process.argv.slice(2);
const cloud = createMemoryCloud();
const messenger = await Messenger.open({ home, openDrop: async () => cloud.drop('a') });
process.stdout.write('ready\n');
process.stdin.once('data', async () => {
  process.stdin.destroy();
  for (let number = 1; number <= Number(count); number++) await messenger.queue('bob', [`${who} ${number}`]);
  await messenger.close();
  process.stdout.write('done\n');
});

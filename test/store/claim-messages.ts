/** Claims what the first channel of a home has not shown, prints it as JSON, then waits for the end of its input. */
import { Home } from '../../client/store/home.ts';

const [path = '', now = '0', most = '100'] = process.argv.slice(2);
const home = await Home.open(path, undefined);
const [channel] = home.channels.list();
if (!channel) throw new Error('the home has no channel');
process.stdout.write('ready\n');
process.stdin.once('data', () => {
  const claimed = home.db.transaction(() => home.messages.claim(channel.id, Number(now), Number(most), () => false));
  home.close();
  process.stdout.write(`${JSON.stringify(claimed.map(({ content }) => content.toString()))}\n`);
});

/** Takes the lease `work` in the home named by its argument, then waits for the end of its standard input. */
import { Home } from '../../client/store/home.ts';

const [path = '', until = '0'] = process.argv.slice(2);
const home = await Home.open(path, undefined);
const lease = home.db.transaction(() => home.leases.take('work', 0, Number(until)));
home.close();
process.stdout.write(lease === undefined ? 'busy\n' : 'taken\n');
process.stdin.resume();

/** Changes a key file from one text to the other and back until it is killed: `replace-keys.ts STORE KEY ONE OTHER`. */
import { readFileSync } from 'node:fs';
import { Database } from '../../client/store/database.ts';
import { replaceKeyFile } from '../../client/store/key-replace.ts';

const [store = '', path = '', one = '', other = ''] = process.argv.slice(2);
const db = new Database(store);
// It may have been left with either of them, and with what the one before had begun.
let [now, next] = readFileSync(path, 'utf8') === one ? [one, other] : [other, one];
process.stdout.write('ready\n');
for (;;) {
  replaceKeyFile(db, path, now, next);
  [now, next] = [next, now];
}

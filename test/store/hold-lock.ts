/** Holds the write lock of the store named by its argument until a line comes on its standard input, or its end. */
import { DatabaseSync } from 'node:sqlite';

const [path = ''] = process.argv.slice(2);
const db = new DatabaseSync(path);
db.exec('BEGIN IMMEDIATE');
process.stdout.write('locked\n');
process.stdin.once('data', release).once('end', release);

function release(): void {
  process.stdin.destroy();
  db.exec('ROLLBACK');
  db.close();
}

/**
 * Work that one process at a time may do for as long as it runs. The system takes the lock back when the process ends,
 * however that happens. Node has no such lock of its own; SQLite has (sqlite.org, "File Locking And Concurrency").
 */
import { writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { isBusy } from './database.ts';

/**
 * Takes it, and answers what gives it back; undefined while another process holds it.
 * @param path a file that stays there: were it removed, two processes could lock one each.
 * @param patience how long to wait for one that is ending, in milliseconds. Nothing else happens meanwhile.
 */
export async function takeProcessLock(path: string, patience: number): Promise<Disposable | undefined> {
  await writeFile(path, '', { flag: 'a', mode: 0o600 });
  const db = new DatabaseSync(path, { timeout: patience });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  return { [Symbol.dispose]: () => db.close() };
}

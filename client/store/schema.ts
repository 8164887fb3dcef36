/** Brings a store's file up to the schema of today (migrations.ts). */
import type { DatabaseSync } from 'node:sqlite';
import { SetupError } from '../errors.ts';
import { migrations } from './migrations.ts';

/** @throws SetupError where the file was written by a newer version. */
export function migrate(db: DatabaseSync): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
  if (version === migrations.length) return;
  if (version > migrations.length) {
    throw new SetupError('This home was written by a newer version of btr.', {
      code: 'home-newer',
      hint: 'Use that version, or another --home. Nothing was changed.',
    });
  }
  db.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been first between the look and the lock.
    const current = Number(db.prepare('PRAGMA user_version').get()?.user_version);
    for (const migration of migrations.slice(current)) db.exec(migration);
    db.exec(`PRAGMA user_version = ${migrations.length}`);
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}

/**
 * Work that one process at a time may do. A lease ends when it is released, when its time is over, or when its holder
 * is gone: a home lies on one machine, so the process id tells. An id that was given anew to another process only
 * means waiting for the time to end.
 */
import { randomBytes } from 'node:crypto';
import { errorCode } from '../errors.ts';
import type { Database } from './database.ts';

/** Long enough for one round trip with retries, in milliseconds; longer work renews. */
export const leaseTime = 60_000;

export interface Lease {
  readonly name: string;
  readonly token: Uint8Array;
}

export class Leases {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  isTaken(name: string, now: number): boolean {
    const row = this.#db.get('SELECT holder, until FROM leases WHERE name = ?', name);
    return row !== undefined && row.int('until') > now && isAlive(row.int('holder'));
  }

  /** Takes a lease, or answers undefined while another holds it. Call it within a transaction. */
  take(name: string, now: number, until = now + leaseTime): Lease | undefined {
    if (this.isTaken(name, now)) return undefined;
    const lease = { name, token: randomBytes(16) };
    this.#db.run(
      'INSERT OR REPLACE INTO leases (name, holder, token, until) VALUES (?, ?, ?, ?)',
      name,
      process.pid,
      lease.token,
      until,
    );
    return lease;
  }

  /** Makes the lease last until then; false where it was lost. */
  renew(lease: Lease, until: number): boolean {
    const sql = 'UPDATE leases SET until = ? WHERE name = ? AND token = ?';
    return this.#db.run(sql, until, lease.name, lease.token).changes > 0;
  }

  release(lease: Lease): void {
    this.#db.run('DELETE FROM leases WHERE name = ? AND token = ?', lease.name, lease.token);
  }
}

/** Whether a process with this id runs on this machine, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

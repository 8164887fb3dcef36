/** Bodies that could not be opened: kept with the reason, bounded, so that a right key later still opens them. */
import type { Vault } from '../crypto/vault.ts';
import type { Database } from './database.ts';

/** Most bytes of bodies kept for a channel; the oldest go first. */
export const quarantineBytes = 64 * 1024 * 1024;

export interface QuarantineCount {
  readonly reason: string;
  readonly count: number;
}

export class Quarantine {
  readonly #db: Database;
  readonly #vault: Vault;

  constructor(db: Database, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  /**
   * Within a transaction. Answers whether it is new here.
   * @param reason the code of the error that opening ended with.
   */
  add(channel: number, hash: Uint8Array, body: string, reason: string, now: number): boolean {
    const known = 'UPDATE quarantine SET reason = ? WHERE channel = ? AND hash = ?';
    if (this.#db.run(known, reason, channel, hash).changes > 0) return false;
    const sql = `INSERT INTO quarantine (channel, hash, reason, size, at, sealed) VALUES (?, ?, ?, ?, ?, ?)`;
    // Nobody knows what a body is that does not open: it may be a stranger's plain text.
    const sealed = this.#vault.seal(bodyCell(channel, hash), Buffer.from(body));
    this.#db.run(sql, channel, hash, reason, body.length, now, sealed);
    this.#trim(channel);
    return true;
  }

  /** Ids only: bodies are read one at a time. */
  ids(channel: number): number[] {
    return this.#db.all('SELECT id FROM quarantine WHERE channel = ? ORDER BY id', channel).map((row) => row.int('id'));
  }

  /** A body, unless it was removed meanwhile. */
  get(id: number): string | undefined {
    const row = this.#db.get('SELECT channel, hash, sealed FROM quarantine WHERE id = ?', id);
    return row && this.#vault.open(bodyCell(row.int('channel'), row.blob('hash')), row.blob('sealed')).toString();
  }

  /** Within a transaction: the body could be opened after all. */
  remove(channel: number, hash: Uint8Array): void {
    this.#db.run('DELETE FROM quarantine WHERE channel = ? AND hash = ?', channel, hash);
  }

  /** Within a transaction. */
  removeAll(channel: number): void {
    this.#db.run('DELETE FROM quarantine WHERE channel = ?', channel);
  }

  has(channel: number, reason: string): boolean {
    return this.#db.get('SELECT 1 FROM quarantine WHERE channel = ? AND reason = ?', channel, reason) !== undefined;
  }

  counts(channel: number): QuarantineCount[] {
    const sql = 'SELECT reason, count(*) AS count FROM quarantine WHERE channel = ? GROUP BY reason ORDER BY reason';
    return this.#db.all(sql, channel).map((row) => ({ reason: row.text('reason'), count: row.int('count') }));
  }

  #trim(channel: number): void {
    const total =
      this.#db.get('SELECT sum(size) AS total FROM quarantine WHERE channel = ?', channel)?.int('total') ?? 0;
    let excess = total - quarantineBytes;
    while (excess > 0) {
      const sql = `DELETE FROM quarantine
        WHERE id = (SELECT id FROM quarantine WHERE channel = ? ORDER BY id LIMIT 1) RETURNING size`;
      const size = this.#db.get(sql, channel)?.int('size');
      if (size === undefined) return;
      excess -= size;
    }
  }
}

function bodyCell(channel: number, hash: Uint8Array) {
  return { table: 'quarantine', column: 'sealed', row: `${channel} ${Buffer.from(hash).toString('hex')}` };
}

/**
 * What else a channel has of which only the newest version may count: the pairing under way, the keys for renewing a
 * session. JSON; a writer compares the generation and swaps, as with sessions.
 */
import type { Vault } from '../crypto/vault.ts';
import type { Database } from './database.ts';
import type { Heads } from './heads.ts';

interface StoredCell {
  readonly value: unknown;
  readonly generation: number;
}

export class Cells {
  readonly #db: Database;
  readonly #vault: Vault;
  readonly #heads: Heads;

  constructor(db: Database, vault: Vault, heads: Heads) {
    this.#db = db;
    this.#vault = vault;
    this.#heads = heads;
  }

  get(channel: number, name: string): StoredCell | undefined {
    const sql = 'SELECT generation, sealed FROM cells WHERE channel = ? AND name = ?';
    const row = this.#db.get(sql, channel, name);
    if (!row) return undefined;
    const generation = row.int('generation');
    return { generation, value: this.#vault.openJson(cellOf(channel, name, generation), row.blob('sealed')) };
  }

  /** A number that changes with the cell, without opening it; 0 where there is none. */
  generation(channel: number, name: string): number {
    const sql = 'SELECT generation FROM cells WHERE channel = ? AND name = ?';
    return this.#db.get(sql, channel, name)?.int('generation') ?? 0;
  }

  /** Within a transaction. What was there is overwritten on the disk. */
  set(channel: number, name: string, value: unknown): void {
    const generation = this.generation(channel, name) + 1;
    const sealed = this.#vault.sealJson(cellOf(channel, name, generation), value);
    const sql = 'INSERT OR REPLACE INTO cells (channel, name, generation, sealed) VALUES (?, ?, ?, ?)';
    this.#db.run(sql, channel, name, generation, sealed);
    this.#heads.write(channel);
  }
}

function cellOf(channel: number, name: string, generation: number) {
  return { table: 'cells', column: 'sealed', row: `${channel} ${name}`, generation };
}

/** Journals of uploads and downloads under way (messenger/parcels/journal.ts says what they are for). */
import type { Vault } from '../crypto/vault.ts';
import type { Database } from './database.ts';
import type { Lease, Leases } from './leases.ts';

interface TransferPart {
  readonly number: number;
  readonly receipt: string;
  readonly seals: Uint8Array;
}

export class Transfers {
  readonly #db: Database;
  readonly #vault: Vault;
  readonly #leases: Leases;

  constructor(db: Database, vault: Vault, leases: Leases) {
    this.#db = db;
    this.#vault = vault;
    this.#leases = leases;
  }

  /** The journal of one transfer in a channel, found again by what is sent or fetched. */
  journal(channel: number, what: string, now: number): Journal {
    const tag = this.#vault.tag('transfers', what);
    const sql = `INSERT INTO transfers (channel, tag, at, generation) VALUES (?, ?, ?, 0)
      ON CONFLICT (channel, tag) DO UPDATE SET at = excluded.at RETURNING id`;
    const id = this.#db.get(sql, channel, tag, now)?.int('id');
    if (id === undefined) throw new Error('an insert returned no row');
    return new Journal(id, this.#db, this.#vault, this.#leases);
  }
}

class Journal {
  readonly #id: number;
  readonly #db: Database;
  readonly #vault: Vault;
  readonly #leases: Leases;
  #lease: Lease | undefined;

  constructor(id: number, db: Database, vault: Vault, leases: Leases) {
    this.#id = id;
    this.#db = db;
    this.#vault = vault;
    this.#leases = leases;
  }

  takeLease(until: number): boolean {
    if (this.#lease && this.#leases.renew(this.#lease, until)) return true;
    this.#lease = this.#db.transaction(() => this.#leases.take(`transfer ${this.#id}`, Date.now(), until));
    return this.#lease !== undefined;
  }

  releaseLease(): void {
    if (this.#lease) this.#leases.release(this.#lease);
    this.#lease = undefined;
  }

  loadHead(): Uint8Array | undefined {
    const row = this.#db.get('SELECT generation, sealed FROM transfers WHERE id = ?', this.#id);
    const sealed = row?.optionalBlob('sealed');
    return row && sealed && this.#vault.open(this.#headCell(row.int('generation')), sealed);
  }

  saveHead(head: Uint8Array): void {
    this.#db.transaction(() => {
      const row = this.#db.get('SELECT generation FROM transfers WHERE id = ?', this.#id);
      const generation = (row?.int('generation') ?? 0) + 1;
      const sealed = this.#vault.seal(this.#headCell(generation), head);
      this.#db.run('UPDATE transfers SET generation = ?, sealed = ? WHERE id = ?', generation, sealed, this.#id);
    });
  }

  addPart({ number, receipt, seals }: TransferPart): void {
    const text = Buffer.from(receipt);
    const content = Buffer.concat([Buffer.of(text.length >> 8, text.length & 0xff), text, seals]);
    const sealed = this.#vault.seal(this.#partCell(number), content);
    this.#db.run(
      'INSERT OR REPLACE INTO transfer_parts (transfer, number, sealed) VALUES (?, ?, ?)',
      this.#id,
      number,
      sealed,
    );
  }

  parts(): TransferPart[] {
    const sql = 'SELECT number, sealed FROM transfer_parts WHERE transfer = ? ORDER BY number';
    return this.#db.all(sql, this.#id).map((row) => {
      const number = row.int('number');
      const content = this.#vault.open(this.#partCell(number), row.blob('sealed'));
      const end = 2 + content.readUInt16BE();
      return { number, receipt: content.toString('utf8', 2, end), seals: content.subarray(end) };
    });
  }

  clear(): void {
    this.#db.transaction(() => this.clearWithin());
  }

  /** Forgets head and parts, within the caller's transaction. */
  clearWithin(): void {
    this.#db.run('DELETE FROM transfer_parts WHERE transfer = ?', this.#id);
    this.#db.run('UPDATE transfers SET sealed = NULL WHERE id = ?', this.#id);
  }

  #headCell(generation: number) {
    return { table: 'transfers', column: 'sealed', row: this.#id, generation };
  }

  #partCell(number: number) {
    return { table: 'transfer_parts', column: 'sealed', row: `${this.#id} ${number}` };
  }
}

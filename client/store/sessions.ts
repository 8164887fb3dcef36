/** A suite's states: one for each channel, member and epoch, of which only the newest generation counts (heads.ts). */
import type { SuiteState } from '../crypto/suite.ts';
import type { Vault } from '../crypto/vault.ts';
import type { MemberId } from '../protocol/roles.ts';
import type { Channel } from './channels.ts';
import type { Database } from './database.ts';
import type { Heads } from './heads.ts';

export interface Session {
  readonly state: SuiteState;
  readonly generation: number;
  /** When a body was last opened with it; milliseconds since 1970. */
  readonly openedAt: number | undefined;
}

export interface SessionKey {
  readonly channel: number;
  readonly member: MemberId;
  readonly epoch: number;
}

export class Sessions {
  readonly #db: Database;
  readonly #vault: Vault;
  readonly #heads: Heads;

  constructor(db: Database, vault: Vault, heads: Heads) {
    this.#db = db;
    this.#vault = vault;
    this.#heads = heads;
  }

  get(key: SessionKey): Session | undefined {
    const sql = 'SELECT generation, sealed, opened_at FROM sessions WHERE channel = ? AND member = ? AND epoch = ?';
    const row = this.#db.get(sql, key.channel, key.member, key.epoch);
    if (!row) return undefined;
    const generation = row.int('generation');
    const state = this.#vault.open(cellOf(key, generation), row.blob('sealed'));
    return { generation, state, openedAt: row.optionalInt('opened_at') };
  }

  /** Within a transaction: sets a member's state, whatever it was. */
  start(key: SessionKey, state: SuiteState): void {
    this.#write(key, (this.get(key)?.generation ?? 0) + 1, state, undefined);
  }

  /**
   * Within a transaction: puts `state` in place of the one that was read, or answers false where another writer came
   * first; then nothing that was sealed or opened with it counts.
   * @param openedAt now, where it was opened with.
   */
  swap(key: SessionKey, read: Session, state: SuiteState, openedAt = read.openedAt): boolean {
    const sql = 'SELECT generation FROM sessions WHERE channel = ? AND member = ? AND epoch = ?';
    if (this.#db.get(sql, key.channel, key.member, key.epoch)?.int('generation') !== read.generation) return false;
    if (state !== read.state) this.#write(key, read.generation + 1, state, openedAt);
    return true;
  }

  /** Within a transaction: sessions of epochs that have no root any more can't be used, and go. */
  prune({ id, roots }: Channel): void {
    for (const row of this.#db.all('SELECT DISTINCT epoch FROM sessions WHERE channel = ?', id)) {
      const epoch = row.int('epoch');
      if (roots.some((root) => root.epoch === epoch)) continue;
      this.#db.run('DELETE FROM sessions WHERE channel = ? AND epoch = ?', id, epoch);
    }
    this.#heads.write(id);
  }

  #write(key: SessionKey, generation: number, state: SuiteState, openedAt: number | undefined): void {
    const sealed = this.#vault.seal(cellOf(key, generation), state);
    const sql = `INSERT OR REPLACE INTO sessions (channel, member, epoch, generation, sealed, opened_at)
      VALUES (?, ?, ?, ?, ?, ?)`;
    this.#db.run(sql, key.channel, key.member, key.epoch, generation, sealed, openedAt ?? null);
    this.#heads.write(key.channel);
  }
}

function cellOf({ channel, member, epoch }: SessionKey, generation: number) {
  return { table: 'sessions', column: 'sealed', row: `${channel} ${member} ${epoch}`, generation };
}

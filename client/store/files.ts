/** Files that came or went: their notices, found by the parcel's id. */
import type { Vault } from '../crypto/vault.ts';
import { frameKinds } from '../protocol/frames.ts';
import type { Database, Row } from './database.ts';
import type { Removed } from './expiry.ts';

/**
 * `waiting`: in the drop. `fetched`: verified and written here. `recalled`: taken back by its sender. `expired`: removed
 * from the drop when its time was over. `left-behind`: in a drop that the channel went over before.
 */
export type FileState = 'waiting' | 'fetched' | 'recalled' | 'expired' | 'left-behind';
const fileStates: readonly FileState[] = ['waiting', 'fetched', 'recalled', 'expired', 'left-behind'];

export interface StoredFile {
  /** 16 bytes. */
  readonly id: Buffer;
  readonly channel: number;
  readonly outgoing: boolean;
  readonly at: number;
  readonly expiresAt: number;
  readonly state: FileState;
  /** The encoded notice, key included. */
  readonly notice: Buffer;
}

type NewFile = Omit<StoredFile, 'state' | 'id' | 'notice'> & { id: Uint8Array; notice: Uint8Array };

export class Files {
  readonly #db: Database;
  readonly #vault: Vault;

  constructor(db: Database, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  /** Within a transaction. A notice that was there already is left as it is. */
  add({ id, channel, outgoing, at, expiresAt, notice }: NewFile): void {
    const sql = `INSERT OR IGNORE INTO files (id, channel, outgoing, at, expires_at, state, sealed)
      VALUES (?, ?, ?, ?, ?, 0, ?)`;
    this.#db.run(sql, id, channel, outgoing ? 1 : 0, at, expiresAt, this.#vault.seal(fileCell(id), notice));
  }

  /** The files whose id begins with these hexadecimal digits. */
  find(prefix: string): StoredFile[] {
    const sql = `SELECT * FROM files WHERE lower(hex(id)) LIKE ? || '%' LIMIT 2`;
    return this.#db.all(sql, prefix.toLowerCase()).map((row) => this.#file(row));
  }

  list(channel: number): StoredFile[] {
    return this.#db.all('SELECT * FROM files WHERE channel = ? ORDER BY at, id', channel).map((row) => this.#file(row));
  }

  /** What was sent from here and whose time in the drop is over. */
  expired(channel: number, now: number): StoredFile[] {
    const sql = 'SELECT * FROM files WHERE channel = ? AND outgoing = 1 AND state = 0 AND expires_at <= ?';
    return this.#db.all(sql, channel, now).map((row) => this.#file(row));
  }

  /** Within a transaction. */
  removeAll(channel: number): void {
    this.#db.run('DELETE FROM files WHERE channel = ?', channel);
  }

  /** Within a transaction: the files that these messages announced; a file has the id of its message. */
  removeOf(messages: readonly Removed[]): void {
    for (const { kind, frameId, channel } of messages) {
      if (kind === frameKinds.file) this.#db.run('DELETE FROM files WHERE id = ? AND channel = ?', frameId, channel);
    }
  }

  /** Within a transaction: its sender took a file back. Only what came by this channel can be. */
  markRecalled(channel: number, id: Uint8Array): void {
    const sql = 'UPDATE files SET state = ? WHERE id = ? AND channel = ? AND outgoing = 0';
    this.#db.run(sql, fileStates.indexOf('recalled'), id, channel);
  }

  /** Within a transaction: the channel goes over another drop, and what waits stays in the one before. */
  leaveBehind(channel: number): void {
    const sql = 'UPDATE files SET state = ? WHERE channel = ? AND state = ?';
    this.#db.run(sql, fileStates.indexOf('left-behind'), channel, fileStates.indexOf('waiting'));
  }

  setState(id: Uint8Array, state: FileState): void {
    this.#db.run('UPDATE files SET state = ? WHERE id = ?', fileStates.indexOf(state), id);
  }

  #file(row: Row): StoredFile {
    const id = row.blob('id');
    return {
      id,
      channel: row.int('channel'),
      outgoing: row.int('outgoing') === 1,
      at: row.int('at'),
      expiresAt: row.int('expires_at'),
      state: fileStates[row.int('state')] ?? 'waiting',
      notice: this.#vault.open(fileCell(id), row.blob('sealed')),
    };
  }
}

function fileCell(id: Uint8Array) {
  return { table: 'files', column: 'sealed', row: Buffer.from(id).toString('hex') };
}

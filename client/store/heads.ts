/**
 * Heads: a sealed row for each channel with the generations that are current of its settings, sessions and cells. One
 * older row put back alone does not fit it: an error, and not a silent step back (to an invite that was used, say).
 */
import type { Vault } from '../crypto/vault.ts';
import { SecurityError } from '../errors.ts';
import type { Database } from './database.ts';

/** The generations of a row of `channels` as one text, of one snapshot. */
export const generationsOf = `generation || ':' || coalesce((
  SELECT group_concat(member || ' ' || epoch || ' ' || generation, ',')
  FROM (SELECT * FROM sessions WHERE channel = channels.id ORDER BY member, epoch)), '') || coalesce((
  SELECT ':' || group_concat(name || ' ' || generation, ',')
  FROM (SELECT * FROM cells WHERE channel = channels.id ORDER BY name)), '')`;

export class Heads {
  readonly #db: Database;
  readonly #vault: Vault;

  constructor(db: Database, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  /** Within a transaction that changed a generation. */
  write(channel: number): void {
    const generations = this.#db.get(`SELECT ${generationsOf} AS generations FROM channels WHERE id = ?`, channel);
    if (!generations) return;
    const sealed = this.#vault.seal(headCell(channel), Buffer.from(generations.text('generations')));
    this.#db.run('INSERT OR REPLACE INTO heads (channel, sealed) VALUES (?, ?)', channel, sealed);
  }

  /** @throws SecurityError with code `store-altered`. */
  check(channel: number, head: Uint8Array | undefined, generations: string): void {
    if (!head || this.#vault.open(headCell(channel), head).toString() !== generations) throw steppedBack();
  }
}

function headCell(channel: number) {
  return { table: 'heads', column: 'sealed', row: channel };
}

export function steppedBack(): SecurityError {
  return new SecurityError('The store was altered outside btr: a channel has an older state than it had.', {
    code: 'store-altered',
    hint: 'Put back a good copy of the home as a whole.',
  });
}

/** Settings of the home as a whole: sealed texts by name. */
import type { Vault } from '../crypto/vault.ts';
import type { Database } from './database.ts';

/** `name`: its owner's. `file`: which file on the disk the store is. `identity`: a key pair. `deleted`: see messenger/retention.ts. */
type SettingName = 'name' | 'file' | 'identity' | 'deleted';

export class Settings {
  readonly #db: Database;
  readonly #vault: Vault;

  constructor(db: Database, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  get(name: SettingName): string | undefined {
    const row = this.#db.get('SELECT sealed FROM settings WHERE name = ?', name);
    return row && this.#vault.open(cell(name), row.blob('sealed')).toString();
  }

  set(name: SettingName, value: string): void {
    const sealed = this.#vault.seal(cell(name), Buffer.from(value));
    this.#db.run('INSERT OR REPLACE INTO settings (name, sealed) VALUES (?, ?)', name, sealed);
  }
}

function cell(name: SettingName) {
  return { table: 'settings', column: 'sealed', row: name };
}

/** node:sqlite as the store uses it: cached statements, typed rows, transactions, and errors a person understands. */
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { DiskFullError, SetupError } from '../errors.ts';
import { migrate } from './schema.ts';

/** How long a writer waits for another process of the same home, in milliseconds. */
const busyTimeout = 10_000;

/** Extended result codes carry the primary one in their low byte (sqlite.org, "Result and Error Codes"). */
const sqlite = { busy: 5, locked: 6, readonly: 8, ioerr: 10, corrupt: 11, full: 13, cantopen: 14, notadb: 26 } as const;

export class Row {
  readonly #columns: Record<string, SQLOutputValue>;

  constructor(columns: Record<string, SQLOutputValue>) {
    this.#columns = columns;
  }

  int(name: string): number {
    const value = this.#columns[name];
    if (typeof value !== 'number') throw new TypeError(`column ${name} is not a number`);
    return value;
  }

  optionalInt(name: string): number | undefined {
    return this.#columns[name] === null ? undefined : this.int(name);
  }

  text(name: string): string {
    const value = this.#columns[name];
    if (typeof value !== 'string') throw new TypeError(`column ${name} is not a text`);
    return value;
  }

  optionalText(name: string): string | undefined {
    return this.#columns[name] === null ? undefined : this.text(name);
  }

  blob(name: string): Buffer {
    const value = this.#columns[name];
    if (!(value instanceof Uint8Array)) throw new TypeError(`column ${name} is not a blob`);
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }

  optionalBlob(name: string): Buffer | undefined {
    return this.#columns[name] === null ? undefined : this.blob(name);
  }
}

export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #inTransaction = false;

  /** Opens or creates the file, and brings its schema up to date. */
  constructor(path: string) {
    this.#db = translated(() => new DatabaseSync(path, { timeout: busyTimeout }));
    this.#set(() => {
      this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
      this.#db.exec('PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY');
      migrate(this.#db);
    });
  }

  /** Opening as a whole: what fails closes the file again. */
  #set(work: () => void): void {
    try {
      translated(work);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** The rows of a query. */
  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return translated(() => this.#prepare(sql).all(...values)).map((row) => new Row(row));
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    const row = translated(() => this.#prepare(sql).get(...values));
    return row === undefined ? undefined : new Row(row);
  }

  /** Rows one at a time; the database must not be written to meanwhile. */
  *each(sql: string, ...values: SQLInputValue[]): Iterable<Row> {
    for (const row of this.#prepare(sql).iterate(...values)) yield new Row(row);
  }

  run(sql: string, ...values: SQLInputValue[]): { changes: number; id: number } {
    const { changes, lastInsertRowid } = translated(() => this.#prepare(sql).run(...values));
    return { changes: Number(changes), id: Number(lastInsertRowid) };
  }

  /** Runs `work` as one transaction that holds the write lock from its start: all of it survives, or nothing does. */
  transaction<T>(work: () => T): T {
    if (this.#inTransaction) throw new Error('a transaction within a transaction');
    translated(() => this.#db.exec('BEGIN IMMEDIATE'));
    this.#inTransaction = true;
    try {
      const result = work();
      translated(() => this.#db.exec('COMMIT'));
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    } finally {
      this.#inTransaction = false;
    }
  }

  /** Runs a transaction that is rolled back where its work answers undefined. */
  attempt<T>(work: () => T | undefined): T | undefined {
    const rollback = new Error('rollback');
    try {
      return this.transaction(() => {
        const result = work();
        if (result === undefined) throw rollback;
        return result;
      });
    } catch (error) {
      if (error === rollback) return undefined;
      throw error;
    }
  }

  /** A number that changes when another connection has written: cheap enough to look at several times a second. */
  dataVersion(): number {
    return this.get('PRAGMA data_version')?.int('data_version') ?? 0;
  }

  /** Rewrites the file without free pages and empties the write-ahead log: what was deleted is gone from the disk. */
  compact(): void {
    translated(() => this.#db.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)'));
  }

  /**
   * Empties the write-ahead log, where deleted rows would still stand. It does not wait: false where a statement of
   * this process or another one is at work (sqlite.org, "PRAGMA wal_checkpoint").
   */
  emptyLog(): boolean {
    this.#db.exec('PRAGMA busy_timeout = 0');
    try {
      return this.#prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.busy === 0;
    } catch (error) {
      if (isBusy(error)) return false;
      throw translate(error);
    } finally {
      this.#db.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
    }
  }

  close(): void {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translate(error);
  }
}

/** Whether an error of SQLite says that another statement or process is at work. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === sqlite.locked || resultCode(error) === sqlite.busy;
}

/** The primary result code of an error of SQLite. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}

function translate(error: unknown): unknown {
  switch (resultCode(error)) {
    case sqlite.busy:
    case sqlite.locked:
      return new SetupError('Another process holds the lock on this home.', {
        code: 'home-busy',
        hint: 'Nothing was changed. Try again when it is done, or end it.',
        cause: error,
      });
    case sqlite.full:
      return new DiskFullError('The disk that holds the home is full.', {
        hint: 'Nothing was half written. Make room and try again.',
        cause: error,
      });
    case sqlite.readonly:
    case sqlite.cantopen:
    case sqlite.ioerr:
      return new SetupError('The home cannot be read or written.', {
        code: 'home-unusable',
        hint: 'Look at the permissions of the folder, and whether its disk is there and well.',
        cause: error,
      });
    case sqlite.corrupt:
    case sqlite.notadb:
      return new SetupError('The store in this home is damaged.', {
        code: 'home-damaged',
        hint: 'Put back a good copy of the folder, or start anew with another --home.',
        cause: error,
      });
    default:
      return error;
  }
}

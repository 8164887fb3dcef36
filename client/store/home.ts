/** A home on disk: a folder of mode 0700 with the key file and the store. */
import { mkdir, open, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { Vault } from '../crypto/vault.ts';
import { errorCode, SetupError } from '../errors.ts';
import { Bodies } from './bodies.ts';
import { Cells } from './cells.ts';
import { Channels } from './channels.ts';
import { Database } from './database.ts';
import { fileIdentity, isSameFile } from './file-identity.ts';
import { Files } from './files.ts';
import { Heads } from './heads.ts';
import { Inbox } from './inbox.ts';
import { assertNoKeyFile, createKeyFile, discardKeyFile, openKeyFile, type Protection } from './key-file.ts';
import { tidyKeyFile } from './key-replace.ts';
import { Leases } from './leases.ts';
import { Messages } from './messages.ts';
import { Outbox } from './outbox.ts';
import { Passing } from './passing.ts';
import { Quarantine } from './quarantine.ts';
import { Sessions } from './sessions.ts';
import { Settings } from './settings.ts';
import { StreamsOut } from './streams-out.ts';
import { Transfers } from './transfers.ts';
import { Usage } from './usage.ts';

/** `--home`, `BTR_HOME`, else the platform's data directory. */
export function homeDirectory(given: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  if (given !== undefined) return resolve(given);
  if (env.BTR_HOME) return resolve(env.BTR_HOME);
  if (process.platform === 'win32') return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'btr');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'btr');
  return join(env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'btr');
}

export { fileIdentity };

export interface NewHome extends Protection {
  readonly name: string;
}

export class Home {
  readonly directory: string;
  readonly db: Database;
  readonly vault: Vault;
  readonly settings: Settings;
  readonly channels: Channels;
  readonly sessions: Sessions;
  readonly cells: Cells;
  readonly streams: StreamsOut;
  readonly bodies: Bodies;
  readonly outbox: Outbox;
  readonly passing: Passing;
  readonly inbox: Inbox;
  readonly quarantine: Quarantine;
  readonly messages: Messages;
  readonly files: Files;
  readonly transfers: Transfers;
  readonly leases: Leases;
  readonly usage: Usage;

  readonly #master: Buffer;

  private constructor(directory: string, db: Database, master: Buffer) {
    const vault = new Vault(master);
    this.#master = master;
    this.directory = directory;
    this.db = db;
    this.vault = vault;
    this.settings = new Settings(db, vault);
    const heads = new Heads(db, vault);
    this.channels = new Channels(db, vault, heads);
    this.sessions = new Sessions(db, vault, heads);
    this.cells = new Cells(db, vault, heads);
    this.streams = new StreamsOut(db);
    this.bodies = new Bodies(db);
    this.outbox = new Outbox(db, vault, this.streams, this.bodies);
    this.passing = new Passing(db);
    this.inbox = new Inbox(db, vault);
    this.quarantine = new Quarantine(db, vault);
    this.messages = new Messages(db, vault);
    this.files = new Files(db, vault);
    this.leases = new Leases(db);
    this.transfers = new Transfers(db, vault, this.leases);
    this.usage = new Usage(db);
  }

  /** @throws SetupError with code `home-exists`. */
  static assertFree(directory: string): Promise<void> {
    return assertNoKeyFile(keyPath(directory));
  }

  /** @throws SetupError with code `home-exists`. */
  static async create(directory: string, { name, ...protection }: NewHome): Promise<Home> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const master = await createKeyFile(keyPath(directory), protection);
    try {
      await createEmpty(storePath(directory));
      const home = new Home(directory, new Database(storePath(directory)), master);
      home.settings.set('name', name);
      home.settings.set('file', await fileIdentity(storePath(directory)));
      return home;
    } catch (error) {
      await discardKeyFile(keyPath(directory));
      throw error;
    }
  }

  /** @throws SetupError: no home here, locked, wrong passphrase, newer version, damaged. */
  static async open(directory: string, passphrase: string | undefined): Promise<Home> {
    const master = await openKeyFile(keyPath(directory), passphrase);
    await assertStore(directory);
    const home = new Home(directory, new Database(storePath(directory)), master);
    tidyKeyFile(home.db, keyPath(directory));
    home.#noticeCopy(await fileIdentity(storePath(directory)));
    return home;
  }

  /** The name this home's owner goes by. */
  get name(): string {
    return this.settings.get('name') ?? 'me';
  }

  close(): void {
    this.db.close();
  }

  /** Moves the master key under another protection. @throws UsageError where nothing would change; SetupError. */
  async protect(protection: Protection): Promise<void> {
    const { protect } = await import('./protect.ts');
    await protect(this.db, keyPath(this.directory), this.#master, protection);
  }

  /**
   * A store in another file than it was is a copy, perhaps an older one that was put back: numbers it would give out
   * may be taken. So it goes on in streams of its own.
   */
  #noticeCopy(file: string): void {
    if (isSameFile(this.settings.get('file'), file)) return;
    this.db.transaction(() => {
      for (const channel of this.channels.list()) {
        this.streams.renew(channel.id);
        this.channels.update(channel, { restored: 'noticed' });
      }
      this.settings.set('file', file);
    });
  }
}

/** SQLite gives the files beside the store its mode. */
async function createEmpty(path: string): Promise<void> {
  await (await open(path, 'a', 0o600)).close();
}

export function keyPath(directory: string): string {
  return join(directory, 'key');
}

export function storePath(directory: string): string {
  return join(directory, 'btr.sqlite');
}

/** A key without its store is a broken copy: making an empty store in its place would hide that. */
async function assertStore(directory: string): Promise<void> {
  if ((await sizeOf(storePath(directory))) > 0) return;
  throw new SetupError('This home has a key but no store.', {
    code: 'home-damaged',
    hint: 'Put back a good copy of the folder, or start anew with another --home.',
  });
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0;
    throw error;
  }
}

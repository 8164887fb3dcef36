/**
 * Channels and their settings. Settings are written more than once; each write counts up a generation that is part of
 * the cell's associated data, and the channel's sealed head holds the current one (heads.ts).
 */
import type { Vault } from '../crypto/vault.ts';
import { SetupError } from '../errors.ts';
import type { Role } from '../protocol/roles.ts';
import type { Database, Row } from './database.ts';
import { generationsOf, type Heads, steppedBack } from './heads.ts';

/** A drop's address (drops/registry.ts): plain JSON. */
export interface StoredAddress {
  readonly kind: string;
  readonly [key: string]: unknown;
}

/** A channel key as crypto/pin.ts reads it. */
interface StoredKey {
  readonly form: 'key' | 'suffix';
  readonly text: string;
}

/** A root of the channel's keys; the newest epoch comes first. */
export interface EpochRoot {
  readonly epoch: number;
  /** base64url, 32 bytes. */
  readonly root: string;
}

/** The other side of a channel whose suite has identities. */
export interface Peer {
  /** The pinned public identity key, base64. */
  readonly identity: string;
  /** When the safety number was compared; milliseconds since 1970. */
  readonly verifiedAt?: number | undefined;
  /** Row id of the stream from which on frames were meant for this person, where another had the place before. */
  readonly streamsFrom?: number;
  /** Somebody with another identity wrote under the channel's keys: nothing is sent until the user has decided. */
  readonly changed?: boolean;
}

/** How long messages stay. All durations are in milliseconds; what is absent keeps them for ever. */
export interface Retention {
  /** `off`: until they were shown or delivered. A number: until they are that old, and were shown or delivered. */
  readonly history?: 'off' | number;
  /** What is sent from here from now on carries this timer. */
  readonly timer?: number;
  /** The timer that the buddy's newest message carried. */
  readonly buddyTimer?: number;
}

export interface ChannelSettings {
  /** The buddy's name in this home; also the channel's. */
  readonly name: string;
  readonly role: Role;
  readonly suite: string;
  /** The first drop; invites lead to it. */
  readonly drop: StoredAddress;
  /** Drops beside the first, in order of preference. */
  readonly further?: readonly StoredAddress[];
  /** Which of several drops take what is sent (drops/several); absent: `first`. */
  readonly policy?: 'first' | 'all' | 'random' | 'meet';
  /** base64url, 16 bytes: binds envelopes to the channel. */
  readonly channelId: string;
  readonly roots: readonly EpochRoot[];
  /** Suites with identities: once paired. */
  readonly peer?: Peer;
  /** From the reply to an invite until something of the inviter has come. `refused`: the inviter's home said no. */
  readonly unconfirmed?: 'replied' | 'refused' | undefined;
  /**
   * This home was found to be an older copy of itself. `noticed`: nothing is done yet; `told`: what it has was queued
   * for the other side, and the session is renewed with the next body.
   */
  readonly restored?: 'noticed' | 'told' | undefined;
  /** The channel key from a key file, so that another PIN can be set without the file. */
  readonly key?: StoredKey;
  /** False: acknowledgements go only along with other frames. */
  readonly receipts: boolean;
  readonly retention?: Retention;
  /** Whether a body of the buddy has ever been opened; until then a body that does not open hints at a wrong PIN. */
  readonly met: boolean;
}

export interface Channel extends ChannelSettings {
  readonly id: number;
  readonly generation: number;
}

const select = `SELECT *, ${generationsOf} AS generations,
  (SELECT sealed FROM heads WHERE channel = channels.id) AS head FROM channels`;

export class Channels {
  readonly #db: Database;
  readonly #vault: Vault;
  readonly #heads: Heads;

  constructor(db: Database, vault: Vault, heads: Heads) {
    this.#db = db;
    this.#vault = vault;
    this.#heads = heads;
  }

  list(): Channel[] {
    return this.#db.all(`${select} ORDER BY id`).map((row) => this.#channel(row));
  }

  find(name: string): Channel | undefined {
    const row = this.#db.get(`${select} WHERE tag = ?`, this.#tag(name));
    return row && this.#channel(row);
  }

  /** @throws SetupError with code `no-such-channel`. */
  named(name: string): Channel {
    const channel = this.find(name);
    if (channel) return channel;
    throw new SetupError(`There is no channel ${JSON.stringify(name)}.`, {
      code: 'no-such-channel',
      hint: 'See: btr channel list. Make one with: btr channel add',
    });
  }

  /** @throws SetupError where the channel is gone. */
  get(id: number): Channel {
    const row = this.#db.get(`${select} WHERE id = ?`, id);
    if (row) return this.#channel(row);
    throw new SetupError('The channel was removed meanwhile.', {
      code: 'no-such-channel',
      hint: 'See: btr channel list',
    });
  }

  /** A number that changes with the channel's settings, without opening them. */
  generation(id: number): number | undefined {
    return this.#db.get('SELECT generation FROM channels WHERE id = ?', id)?.int('generation');
  }

  /** Within a transaction. @throws SetupError with code `channel-exists`. */
  add(settings: ChannelSettings, now: number): Channel {
    const tag = this.#tag(settings.name);
    if (this.#db.get('SELECT 1 FROM channels WHERE tag = ?', tag)) {
      throw channelExists(settings.name);
    }
    const sql = 'INSERT INTO channels (tag, generation, sealed, created_at) VALUES (?, 1, ?, ?)';
    const { id } = this.#db.run(sql, tag, Buffer.alloc(0), now);
    this.#db.run(
      'UPDATE channels SET sealed = ? WHERE id = ?',
      this.#vault.sealJson(settingsCell(id, 1), settings),
      id,
    );
    this.#heads.write(id);
    return this.get(id);
  }

  /** Within a transaction: replaces the settings. */
  update(channel: Channel, change: Partial<ChannelSettings>): Channel {
    const { id, generation: _, ...settings } = { ...this.get(channel.id), ...change };
    const generation = channel.generation + 1;
    const sealed = this.#vault.sealJson(settingsCell(id, generation), settings);
    const sql = 'UPDATE channels SET tag = ?, generation = ?, sealed = ? WHERE id = ? AND generation = ?';
    const { changes } = this.#db.run(sql, this.#tag(settings.name), generation, sealed, id, channel.generation);
    if (changes === 0) throw busyChannel();
    this.#heads.write(id);
    return this.get(id);
  }

  remove(id: number): void {
    this.#db.run('DELETE FROM channels WHERE id = ?', id);
  }

  #channel(row: Row): Channel {
    const id = row.int('id');
    const generation = row.int('generation');
    this.#heads.check(id, row.optionalBlob('head'), row.text('generations'));
    const settings = this.#vault.openJson(settingsCell(id, generation), row.blob('sealed'));
    if (!isSettings(settings)) throw steppedBack();
    return { ...settings, id, generation };
  }

  #tag(name: string): Buffer {
    return this.#vault.tag('channels', name);
  }
}

function settingsCell(id: number, generation: number) {
  return { table: 'channels', column: 'sealed', row: id, generation };
}

export function channelExists(name: string): SetupError {
  return new SetupError(`There is a channel ${JSON.stringify(name)} already.`, {
    code: 'channel-exists',
    hint: 'Take another name, or remove that one with: btr channel remove',
  });
}

function isSettings(value: unknown): value is ChannelSettings {
  return typeof value === 'object' && value !== null && 'name' in value && 'channelId' in value && 'roots' in value;
}

function busyChannel(): SetupError {
  return new SetupError('Another process changed this channel at the same moment.', {
    code: 'channel-changed',
    hint: 'Nothing was changed by this call. Try again.',
  });
}

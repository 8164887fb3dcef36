/** One of the two people of a test: a home on disk, its messenger, and what its owner saw so far. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { Vault } from '../../client/crypto/vault.ts';
import type { Drop } from '../../client/drops/drop.ts';
import type { MemoryCloud } from '../../client/drops/memory/cloud.ts';
import { MemoryDrop } from '../../client/drops/memory/drop.ts';
import type { ChannelEvent, MessageEvent } from '../../client/messenger/events.ts';
import { Messenger } from '../../client/messenger/messenger.ts';
import type { Role } from '../../client/protocol/roles.ts';
import type { Channel } from '../../client/store/channels.ts';
import { Database } from '../../client/store/database.ts';
import { fileIdentity, keyPath, storePath } from '../../client/store/home.ts';
import { openKeyFile } from '../../client/store/key-file.ts';
import { Settings } from '../../client/store/settings.ts';
import { copyHome, forgetHolder, freshFolder } from './pair.ts';
import { inPlace } from './place.ts';

/** The channel's name in both homes. */
export const channel = 'x';

export interface ListenLimits {
  /** Leaves the loop when so many messages were shown. */
  readonly messages?: number;
  readonly signal?: AbortSignal;
}

export class Person {
  readonly cloud: MemoryCloud;
  /** The role at the start; `swap` changes the channel's. */
  role: Role;
  /** Where a channel is whose address names a `place`. */
  readonly places = new Map<unknown, MemoryCloud>();
  /** Several drops are put aside for a time by the cloud's clock; what takes real time is patience alone. */
  readonly dropTiming = {
    firstRest: 1000,
    clock: {
      now: () => this.cloud.now,
      sleep: (time: number, signal: AbortSignal) => sleep(time, undefined, { signal }),
    },
  };
  directory: string;
  readonly events: ChannelEvent[] = [];
  readonly sent: string[] = [];
  /** Messages in the order in which they were shown. */
  readonly shown: MessageEvent[] = [];
  /** Shown by the process that runs; a kill may come before they are marked as shown. */
  #unmarked: string[] = [];
  /** Shown just before a kill: they may be shown once more. */
  readonly #doubtful = new Set<string>();
  #drops: Drop[] = [];
  #kills = 0;
  #messenger: Messenger | undefined;

  private constructor(cloud: MemoryCloud, role: Role, directory: string) {
    this.cloud = cloud;
    this.role = role;
    this.directory = directory;
  }

  /** The home's messenger, that of the process that runs now. */
  get messenger(): Messenger {
    if (this.#messenger) return this.#messenger;
    throw new Error('the home is not open');
  }

  static async open(cloud: MemoryCloud, role: Role, directory: string): Promise<Person> {
    const person = new Person(await inPlace(cloud), role, directory);
    await person.#open();
    return person;
  }

  async queue(...texts: string[]): Promise<void> {
    await this.messenger.queue(channel, texts);
    this.sent.push(...texts);
  }

  async send(...texts: string[]): Promise<void> {
    await this.queue(...texts);
    await this.deliver();
  }

  deliver(): Promise<void> {
    return this.messenger.deliver(channel, { onNotice: ({ event }) => this.events.push(event) });
  }

  /** Takes what is there, as `btr listen --once` does. Answers the events of this time. */
  async listen(limits: ListenLimits = {}): Promise<ChannelEvent[]> {
    const kills = this.#kills;
    const seen: ChannelEvent[] = [];
    let messages = 0;
    const { signal } = limits;
    try {
      for await (const event of this.messenger.listen(channel, { wait: false, ...(signal ? { signal } : {}) })) {
        // A person sees nothing of what a killed process goes on to do.
        if (kills !== this.#kills) return seen;
        seen.push(event);
        this.#see(event);
        if (event.type === 'message') messages += 1;
        if (messages === limits.messages) break;
      }
    } finally {
      if (kills === this.#kills) this.#unmarked = [];
    }
    return seen;
  }

  /** The notices seen so far, by code. */
  notices(): string[] {
    return this.events.flatMap((event) => (event.type === 'notice' ? [event.code] : []));
  }

  /** The texts shown so far. */
  texts(): string[] {
    return this.shown.map(({ text }) => text);
  }

  /** The connections that this home's processes have opened since the last kill. */
  openDrops(): readonly Drop[] {
    return this.#drops;
  }

  /** Whether something that was received waits for what came before it. */
  hasGap(): boolean {
    const db = new DatabaseSync(`${this.directory}/btr.sqlite`, { readOnly: true });
    const row = db.prepare('SELECT 1 FROM streams_in WHERE gap_since IS NOT NULL').get();
    db.close();
    return row !== undefined;
  }

  /** A second process of the same home. */
  another(): Promise<Messenger> {
    return this.#openMessenger();
  }

  async swap(): Promise<void> {
    this.messenger.swapRoles(channel);
    this.role = this.role === 'a' ? 'b' : 'a';
  }

  async restart(): Promise<void> {
    await this.messenger.close();
    await this.#open();
  }

  /**
   * SIGKILL at this moment: the home goes on from what lies on the disk. Answers what ends the remains of the old
   * process, once the calls that were under way have failed.
   */
  async kill(): Promise<() => Promise<void>> {
    const [oldDirectory, oldMessenger] = [this.directory, this.messenger];
    this.#kills += 1;
    for (const id of this.#unmarked.splice(0)) this.#doubtful.add(id);
    for (const drop of this.#drops.splice(0)) {
      assert.ok(drop instanceof MemoryDrop, 'a kill between two turns needs a drop in memory');
      drop.kill();
    }
    this.directory = freshFolder();
    copyHome(oldDirectory, this.directory);
    forgetHolder(this.directory);
    await takeForOriginal(this.directory);
    await this.#open();
    return async () => {
      await oldMessenger.close();
      rmSync(oldDirectory, { recursive: true, force: true });
    };
  }

  async close(): Promise<void> {
    await this.messenger.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #see(event: ChannelEvent): void {
    this.events.push(event);
    if (event.type !== 'message') return;
    this.#unmarked.push(event.id);
    if (this.#doubtful.delete(event.id)) {
      this.shown.splice(
        this.shown.findIndex(({ id }) => id === event.id),
        1,
      );
    }
    this.shown.push(event);
  }

  async #open(): Promise<void> {
    this.#messenger = await this.#openMessenger();
  }

  #openMessenger(): Promise<Messenger> {
    const kills = this.#kills;
    const openDrop = async ({ role, drop: { place } }: Channel) => {
      const cloud = await inPlace(this.places.get(place) ?? this.cloud);
      assert.equal(kills, this.#kills, 'a killed process opens nothing');
      const drop = cloud.drop(role);
      this.#drops.push(drop);
      return drop;
    };
    const { dropTiming } = this;
    return Messenger.open({ home: this.directory, now: () => this.cloud.now, openDrop, dropTiming });
  }
}

/** A kill leaves the home's files where they are: the copy that stands for them must not be taken for one. */
export async function takeForOriginal(directory: string): Promise<void> {
  const db = new Database(storePath(directory));
  const vault = new Vault(await openKeyFile(keyPath(directory), undefined));
  new Settings(db, vault).set('file', await fileIdentity(storePath(directory)));
  db.close();
}

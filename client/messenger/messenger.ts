/**
 * The messenger: what every interface (command line, chat, page) and every embedder uses. The way of a message:
 *
 *     send      queueTexts (send.ts)       number it, write it to the outbox and the history
 *     deliver   pack (pack.ts)             seal what waits; commit bodies and suite state together
 *               deliver (deliver.ts)       leave the bodies in the drop; mark them
 *     listen    receiveBatch (receive.ts)  collect, open, commit; then remove from the drop
 *               absorb (absorb.ts)         order frames, note acknowledgements, answer requests
 *               upkeep (upkeep.ts)         ask for what is missing, leave again what nobody acknowledged
 */
import type { ChannelKey } from '../crypto/pin.ts';
import { suiteNamed } from '../crypto/suites.ts';
import type { Finding } from '../drops/drop.ts';
import type { ExpiryReport } from '../drops/expiry.ts';
import { type DropAddress, dropKind } from '../drops/registry.ts';
import type { DropPolicy } from '../drops/several/index.ts';
import { type Channel, channelExists } from '../store/channels.ts';
import { Home, homeDirectory, type NewHome } from '../store/home.ts';
import type { QuarantineCount } from '../store/quarantine.ts';
import { type ChannelInfo, infoOf, type PairingInfo, pairingOf } from './channel-info.ts';
import { addChannel, changeChannel, checkName, type NewChannel, rekeyChannel, swapRoles } from './channels.ts';
import { Context, type ContextOptions } from './context.ts';
import type { Conversations } from './conversations.ts';
import type { MonthCost, PriceTable } from './cost.ts';
import { type DeliverOptions, deliver } from './deliver.ts';
import type { AcceptDropOptions, AddDropOptions, AddedDrop } from './drops/add.ts';
import type { RemoveDropOptions, RemovedDrop } from './drops/remove.ts';
import { type CheckedDrop, checkDrops, type DropInfo, type DropUse, listDrops, useDrops } from './drops/set.ts';
import type { ChannelEvent, HistoryEvent } from './events.ts';
import { type FileInfo, findFile, listFiles } from './files.ts';
import {
  type HistoryEntry,
  history,
  historyPage,
  historyRows,
  type PageOptions,
  searchHistory,
  wipeHistory,
} from './history.ts';
import { type ListenOptions, listen } from './listen.ts';
import { type Moved, type MoveOptions, moveChannel } from './move.ts';
import type { Pairings } from './pairing/pairings.ts';
import { type Queued, type QueueOptions, queueTexts } from './send.ts';
import type { GetFileOptions, SendFileOptions } from './transfers.ts';

export { type ChannelInfo, homeDirectory };

export interface MessengerOptions extends ContextOptions {
  /** The home's folder. */
  readonly home: string;
  /** Absent for a locked home: the agent of `btr unlock` is asked for the key. */
  readonly passphrase?: string | undefined;
}

export class Messenger {
  readonly #context: Context;

  private constructor(context: Context) {
    this.#context = context;
  }

  /** Makes a home. @throws SetupError with code `home-exists`, or that no keyring answers. */
  static async create(options: MessengerOptions & NewHome): Promise<Messenger> {
    const { home, name, passphrase, keyring } = options;
    return new Messenger(new Context(await Home.create(home, { name, passphrase, keyring }), options));
  }

  /** @throws SetupError: no home, locked, wrong passphrase, written by a newer version, damaged. */
  static async open(options: MessengerOptions): Promise<Messenger> {
    return new Messenger(new Context(await Home.open(options.home, options.passphrase), options));
  }

  /** @throws SetupError with code `home-exists`: asking for a passphrase first would be in vain. */
  static assertFree(home: string): Promise<void> {
    return Home.assertFree(home);
  }

  /** The name of this home's owner. */
  get name(): string {
    return this.#context.home.name;
  }

  channels(): ChannelInfo[] {
    return this.#context.home.channels.list().map(infoOf);
  }

  /** @throws SetupError with code `no-such-channel`. */
  channel(name: string): ChannelInfo {
    return infoOf(this.#channel(name));
  }

  /** Where the pairing of a channel stands; undefined where its suite has none. */
  pairing(name: string): PairingInfo | undefined {
    return pairingOf(this.#context, this.#channel(name));
  }

  /** What `addChannel` would refuse, before a PIN is asked for. @throws BtrError as addChannel does. */
  assertNewChannel(name: string, suite: string): void {
    checkName(name);
    suiteNamed(suite);
    if (this.#context.home.channels.find(name)) throw channelExists(name);
  }

  async addChannel(input: NewChannel): Promise<ChannelInfo> {
    return infoOf(await addChannel(this.#context, input));
  }

  /** Changes settings, all or none. What is due by them is deleted at once. @throws UsageError. */
  changeChannel(name: string, change: Parameters<typeof changeChannel>[2]): ChannelInfo {
    return infoOf(changeChannel(this.#context, this.#channel(name), change));
  }

  /** Sets another PIN or channel key, and opens what is in quarantine once more. Answers what is still there. */
  async rekeyChannel(name: string, pin: string | undefined, key?: ChannelKey): Promise<QuarantineCount[]> {
    await rekeyChannel(this.#context, this.#channel(name), pin, key);
    return this.quarantine(name);
  }

  /** Goes over another drop from now on (move.ts); what is not acknowledged waits for `deliver`. @param to settled. */
  moveChannel(name: string, to: DropAddress, options: MoveOptions = {}): Promise<Moved> {
    return moveChannel(this.#context, this.#channel(name), to, options);
  }

  /** Its drops in order of preference, then those the buddy offers. */
  drops(name: string): Promise<DropInfo[]> {
    return listDrops(this.#context, this.#channel(name));
  }

  /** Which of several drops take what is sent. */
  dropPolicy(name: string): DropPolicy {
    return this.channel(name).policy;
  }

  /**
   * Uses one more drop and queues the word on it for the buddy, which `deliver` sends; or reaches one by another address.
   * @param address settled.
   */
  async addDrop(name: string, address: DropAddress, options: AddDropOptions = {}): Promise<AddedDrop> {
    const { addDrop } = await import('./drops/add.ts');
    return addDrop(this.#context, this.#channel(name), address, options);
  }

  /** Uses a drop that the buddy offered: the user has said yes to the reasons. @param id its beginning. */
  async acceptDrop(name: string, id: string, options: AcceptDropOptions = {}): Promise<DropInfo> {
    const { acceptDrop } = await import('./drops/add.ts');
    return acceptDrop(this.#context, this.#channel(name), id, options);
  }

  /** Leaves a drop out from now on, or declines an offer; what is not acknowledged waits for `deliver`. */
  async removeDrop(name: string, id: string, options: RemoveDropOptions = {}): Promise<RemovedDrop> {
    const { removeDrop } = await import('./drops/remove.ts');
    return removeDrop(this.#context, this.#channel(name), id, options);
  }

  /** Changes the policy, or which drop is the first. */
  async useDrops(name: string, use: DropUse): Promise<ChannelInfo> {
    return infoOf(await useDrops(this.#context, this.#channel(name).id, use));
  }

  /** What each drop in use, or one of them, says about itself. */
  checkDrops(name: string, id?: string, signal?: AbortSignal): Promise<CheckedDrop[]> {
    return checkDrops(this.#context, this.#channel(name), id, signal);
  }

  /** Invites, joining and identities. */
  async pairings(): Promise<Pairings> {
    const { Pairings } = await import('./pairing/pairings.ts');
    return new Pairings(this.#context, (name) => this.#channel(name));
  }

  /** Takes the other role. */
  swapRoles(name: string): ChannelInfo {
    return infoOf(swapRoles(this.#context, this.#channel(name)));
  }

  /** Forgets a channel with its history and everything that waits. */
  removeChannel(name: string): void {
    const { id } = this.#channel(name);
    this.#context.home.db.transaction(() => this.#context.home.channels.remove(id));
    this.#context.home.db.compact();
  }

  /** Forgets a channel's history and files; the channel goes on. */
  wipeHistory(name: string): void {
    wipeHistory(this.#context, this.#channel(name));
  }

  /** Queues texts, all or none; `deliver` sends them. @throws UsageError where one is empty or too large. */
  queue(name: string, texts: readonly string[], options: QueueOptions = {}): Promise<Queued[]> {
    return queueTexts(this.#context, this.#channel(name), texts, options);
  }

  /** Leaves everything that waits. After a DropError it still waits, and the next call leaves it. */
  deliver(name: string, options: DeliverOptions = {}): Promise<void> {
    return deliver(this.#context, this.#channel(name).id, options);
  }

  /** Queues one text and delivers. */
  async send(name: string, text: string, options: DeliverOptions = {}): Promise<Queued> {
    const [queued] = await this.queue(name, [text]);
    await this.deliver(name, options);
    if (!queued) throw new Error('nothing was queued');
    return queued;
  }

  /** The events of a channel; see ListenOptions. A message counts as shown when the next event is asked for. */
  listen(name: string, options: ListenOptions): AsyncGenerator<ChannelEvent> {
    return listen(this.#context, this.#channel(name).id, options);
  }

  /** Whether a body of the buddy could ever be opened with the keys that the channel has now. */
  hasMet(name: string): boolean {
    return this.#channel(name).met;
  }

  /** Whether the buddy's home has acknowledged everything that was sent to it. */
  isAllDelivered(name: string): boolean {
    return !this.#context.home.outbox.hasFrames(this.#channel(name).id);
  }

  /** Whether acknowledgements exist in this channel. */
  isAcknowledged(name: string): boolean {
    return suiteNamed(this.#channel(name).suite).framed;
  }

  history(name: string, last?: number): Iterable<HistoryEvent> {
    return history(this.#context, this.#channel(name), last);
  }

  /** A page of the history, oldest first: the newest entries, or those before or after a row. */
  page(name: string, options: PageOptions): HistoryEntry[] {
    return historyPage(this.#context, this.#channel(name), options);
  }

  /** Those of these rows of the history that are still there. */
  entries(name: string, rows: readonly number[]): HistoryEntry[] {
    return historyRows(this.#context, this.#channel(name), rows);
  }

  /** Entries that contain a text, newest first. @param before only rows before this one. */
  search(name: string, text: string, before?: number): AsyncGenerator<HistoryEntry> {
    return searchHistory(this.#context, this.#channel(name), text, before);
  }

  /** The last row of the history; 0 where it is empty. */
  newestRow(name: string): number {
    return this.#context.home.messages.newest(this.#channel(name).id);
  }

  /** How much nobody has seen yet, and the row it begins with. */
  unread(name: string): { count: number; first: number | undefined } {
    return this.#context.home.messages.unshown(this.#channel(name).id);
  }

  /** A person has seen everything up to this row: timers of messages begin to run. Answers how many were new. */
  markRead(name: string, row: number): number {
    const { db, messages } = this.#context.home;
    const { id } = this.#channel(name);
    return db.transaction(() => messages.markShownUpTo(id, row, this.#context.now()));
  }

  /** Changes whenever another process of this home has written something. */
  storeVersion(): number {
    return this.#context.home.db.dataVersion();
  }

  /** All channels kept going for an interface (conversations.ts). The caller ends them by the signal. */
  async conversations(signal: AbortSignal): Promise<Conversations> {
    const { Conversations } = await import('./conversations.ts');
    return new Conversations(this, signal);
  }

  /** Uploads a file and queues its notice; `deliver` sends that. */
  async sendFile(name: string, options: SendFileOptions): Promise<FileInfo> {
    const { sendFile } = await import('./transfers.ts');
    return sendFile(this.#context, this.#channel(name), options);
  }

  /** @param id the beginning of a file's id, four hexadecimal digits or more. */
  async getFile(id: string, options: GetFileOptions): Promise<string | undefined> {
    const { getFile } = await import('./transfers.ts');
    return getFile(this.#context, findFile(this.#context, id), options);
  }

  /** Takes a file back from the drop and queues a word to the other side. Answers what it was. */
  async recallFile(id: string, signal?: AbortSignal): Promise<FileInfo> {
    const { recallFile } = await import('./transfers.ts');
    return recallFile(this.#context, findFile(this.#context, id), signal);
  }

  files(name: string): FileInfo[] {
    return listFiles(this.#context, this.#channel(name));
  }

  quarantine(name: string): QuarantineCount[] {
    return this.#context.home.quarantine.counts(this.#channel(name).id);
  }

  /** How many messages wait in the outbox, and how many are left and not yet acknowledged. */
  pending(name: string): { queued: number; sent: number } {
    return this.#context.home.outbox.counts(this.#channel(name).id);
  }

  /** What this home asked of the channel's cloud in a month (`2026-11`). @throws UsageError with code `bad-month`. */
  async cost(name: string, month: string, prices?: PriceTable): Promise<MonthCost> {
    const { monthCost } = await import('./cost.ts');
    return monthCost(this.#context, this.#channel(name), month, prices);
  }

  /** One line on where the channel's drop is. */
  async describeDrop(name: string): Promise<string> {
    const { drop } = this.#channel(name);
    return (await dropKind(drop.kind)).describe(drop);
  }

  /** What the channel's drop says about itself. */
  async check(name: string, signal?: AbortSignal): Promise<readonly Finding[]> {
    const drop = await this.#context.drop(this.#channel(name));
    return drop.check(signal ? { signal } : {});
  }

  /** Asks the drop for what waits and gives it back at once: shows whether this role may receive. @throws DropError. */
  async probe(name: string, signal?: AbortSignal): Promise<void> {
    const drop = await this.#context.drop(this.#channel(name));
    for await (const deliveries of drop.collect({ wait: false, ...(signal ? { signal } : {}) })) {
      await Promise.all(deliveries.map((delivery) => delivery.later()));
      return;
    }
  }

  /** Removes what stayed in the channel's drop past its time, of both sides. @throws UsageError; DropError. */
  async expire(name: string, signal?: AbortSignal): Promise<ExpiryReport> {
    const { expireDrop } = await import('./expire.ts');
    return expireDrop(this.#context, this.#channel(name), signal);
  }

  /** Ends every connection with a drop; the next use makes a new one, with credentials read anew. */
  disconnect(): Promise<void> {
    return this.#context.closeDrops();
  }

  close(): Promise<void> {
    return this.#context.close();
  }

  #channel(name: string): Channel {
    return this.#context.home.channels.named(name);
  }
}

/** The chat that fills the screen: what keys, people and channels do to it. It draws nothing (app.tsx does). */
import { BtrError, UsageError } from '../errors.ts';
import type { Change, Conversations, Messenger, TransferInfo } from '../messenger/index.ts';
import { type ChatHost, completeCommand, errorWords, isCommand, runCommand, textOf } from '../ui/commands.ts';
import { whyKept } from '../ui/pairing-words.ts';
import { swappedWords, takeOtherRole } from '../ui/swap.ts';
import { visible } from '../ui/visible.ts';
import { type Composer, cleared, edits, emptyComposer, insert, replace } from './composer.ts';
import { drawFrame, type Frame, historyRoom, type ScreenState } from './frame.ts';
import type { Action } from './keys.ts';
import type { Tone } from './lines.ts';
import { channelViews, invitation, isTrouble, statusWords } from './state-words.ts';
import type { Charset } from './text.ts';
import { Timeline } from './timeline.ts';

export interface ChatOptions {
  readonly messenger: Messenger;
  readonly conversations: Conversations;
  readonly channel: string;
  readonly charset: Charset;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

/** What is kept of each channel that was looked at. */
interface Room {
  readonly timeline: Timeline;
  composer: Composer;
  /** Why something waits, as it was said last. */
  keptFor?: string | undefined;
}

export class Chat {
  readonly #options: ChatOptions;
  readonly #rooms = new Map<string, Room>();
  readonly #listeners = new Set<() => void>();
  /** Resolves when somebody leaves, rejects with a fault. */
  readonly #ended = Promise.withResolvers<void>();
  /** Channels whose drop failed last, or was reached. */
  readonly #health = new Map<string, 'well' | 'in trouble'>();
  #texts: Promise<void> = Promise.resolve();
  #current: string;
  #choices: readonly string[] = [];
  #debug = false;
  #version = 0;
  #size = { columns: 80, rows: 24 };
  #willRead = false;

  constructor(options: ChatOptions) {
    this.#options = options;
    this.#current = options.channel;
    this.#ended.promise.catch(() => undefined);
    if (!options.charset.isUnicode) {
      this.#note('The locale is not UTF-8: other letters are shown as ?. Set LC_ALL=C.UTF-8 for all of them.');
    }
    const why = whyKept(options.messenger, options.channel);
    if (why !== undefined) this.#note(`What you write waits. ${why}`, 'warning');
    options.conversations.follow((change) => this.#hear(change));
  }

  /** Resolves when somebody leaves. @throws a fault of ours. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Resolves when all that was typed is queued. */
  get queued(): Promise<void> {
    return this.#texts;
  }

  get current(): string {
    return this.#current;
  }

  end(): void {
    this.#ended.resolve();
  }

  fail(error: unknown): void {
    this.#ended.reject(error);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Changes with whatever is shown. */
  readonly version = (): number => this.#version;

  frame(columns: number, rows: number): Frame {
    this.#size = { columns, rows };
    return drawFrame(this.#screen(), columns, rows);
  }

  paste(text: string): void {
    this.#compose((composer) => insert(composer, text));
  }

  /** Interrupts and suspensions are the terminal's affair (app.tsx). */
  act(action: Action): void {
    if (action.type !== 'complete') this.#choices = [];
    if (action.type === 'insert') this.#compose((composer) => insert(composer, action.text));
    else if (action.type === 'edit') this.#compose(edits[action.edit]);
    else if (action.type === 'channel') this.#openNumber(action.number - 1);
    else if (action.type === 'enter') this.#enter();
    else if (action.type === 'complete') this.#complete().catch((error: unknown) => this.fail(error));
    else if (action.type === 'pageUp') this.#scroll(1);
    else if (action.type === 'pageDown') this.#scroll(-1);
    else if (action.type === 'toEnd') this.#room().timeline.toEnd();
    else if (action.type === 'nextChannel') this.#step(1);
    else if (action.type === 'previousChannel') this.#step(-1);
    else if (action.type === 'eof') this.#endOfInput();
    this.#changed();
  }

  #screen(): ScreenState {
    const { messenger, conversations, charset } = this.#options;
    const { timeline, composer } = this.#room();
    const channels = channelViews(messenger);
    const running = conversations.transfers.list().filter(({ state }) => state === 'running');
    return {
      channels,
      current: this.#current,
      timeline,
      composer,
      invitation: invitation(this.#current),
      transfers: running.filter(({ channel }) => channel === this.#current),
      choices: this.#choices,
      status: statusWords(messenger, this.#current, {
        health: this.#health.get(this.#current),
        below: timeline.below,
        elsewhere: channels.filter(({ name, unread }) => name !== this.#current && unread > 0).length,
      }),
      charset,
    };
  }

  #room(name = this.#current): Room {
    const known = this.#rooms.get(name);
    if (known) return known;
    const { messenger, conversations } = this.#options;
    const older = (before: number | undefined, limit: number) => conversations.page(name, { before, limit });
    const room = { timeline: new Timeline(older, messenger.unread(name).first), composer: emptyComposer };
    this.#rooms.set(name, room);
    this.#readSoon();
    return room;
  }

  #compose(change: (composer: Composer) => Composer): void {
    const room = this.#room();
    room.composer = change(room.composer);
    this.#changed();
  }

  #endOfInput(): void {
    if (this.#room().composer.text === '') this.end();
    else this.#compose(edits.delete);
  }

  #enter(): void {
    const room = this.#room();
    const { text } = room.composer;
    if (text.trim() === '') return;
    room.composer = cleared(room.composer);
    room.timeline.toEnd();
    const host = this.#host();
    if (isCommand(text)) this.#run(host, text.trimEnd());
    else
      this.#texts = this.#texts.then(() => this.#send(host.channel, textOf(text))).catch((error) => this.fail(error));
  }

  /** A command comes after what was typed before it, and holds up nothing that is typed after it. */
  #run(host: ChatHost, line: string): void {
    this.#note(line, 'strong', host.channel);
    this.#texts
      .then(() => runCommand(host, line))
      .then(
        (outcome) => (outcome === 'quit' ? this.end() : this.#changed()),
        (error: unknown) => this.fail(error),
      );
  }

  async #send(channel: string, text: string): Promise<void> {
    const { messenger, conversations } = this.#options;
    const room = this.#room(channel);
    room.timeline.markUnread(undefined);
    try {
      await conversations.send(channel, [text]);
    } catch (error) {
      if (!(error instanceof BtrError)) throw error;
      this.#note(errorWords(error), 'warning', channel);
      // What could not be sent may be shortened, or sent as a file.
      if (room.composer.text === '') room.composer = insert(room.composer, text);
      return;
    }
    const why = whyKept(messenger, channel);
    if (why !== undefined && why !== room.keptFor) this.#note(why, 'warning', channel);
    room.keptFor = why;
  }

  /** What commands work on: the channel that is current now, whatever is shown when they are done. */
  #host(): ChatHost {
    const { messenger, conversations, signal } = this.#options;
    const channel = this.#current;
    const say = (text: string) => this.#note(text, 'dim', channel);
    return {
      messenger,
      channel,
      signal,
      say,
      deliver: () => conversations.deliver(channel),
      swap: async () => {
        say(swappedWords(await takeOtherRole(messenger, channel, signal)));
        conversations.refresh();
        conversations.deliver(channel);
      },
      setDebug: (debug) => {
        this.#debug = debug;
      },
      sendFile: async (path) => this.#tellTransfer(await conversations.transfers.send(channel, { path }).ended),
      getFile: async (id, out) => {
        const { targetAt } = await import('../messenger/index.ts');
        const target = await targetAt(out);
        this.#tellTransfer(await conversations.transfers.fetch(this.#file(channel, id), target).ended);
      },
      switchTo: (name) => this.#open(name),
    };
  }

  #file(channel: string, id: string) {
    const received = this.#options.messenger.files(channel).filter(({ outgoing }) => !outgoing);
    const found = received.filter((file) => file.id.startsWith(id.toLowerCase()));
    const [file] = found;
    if (file && found.length === 1) return file;
    throw new UsageError(
      `${file ? 'More than one file has' : `No file from ${channel} has`} an id that begins with ${id}.`,
      {
        code: 'no-such-file',
        hint: '/files lists them.',
      },
    );
  }

  #tellTransfer({ channel, direction, state, name, file, path, error }: TransferInfo): void {
    if (error) this.#note(visible(`${error.text} ${error.hint ?? ''}`.trim()), 'warning', channel);
    else if (state === 'cancelled') this.#note(`${visible(name)}: cancelled`, 'dim', channel);
    else if (direction === 'in') this.#note(`Saved as ${visible(path ?? '')}`, 'dim', channel);
    else this.#note(`${visible(name)} is sent, id ${file?.slice(0, 8)}`, 'dim', channel);
  }

  async #complete(): Promise<void> {
    const { composer } = this.#room();
    if (composer.text === '') return this.#step(1);
    const line = composer.text.slice(0, composer.cursor);
    if (!isCommand(line)) return;
    const { words, from } = await completeCommand(this.#host(), line);
    const common = commonStart(words);
    const [only] = words;
    this.#choices = words.length > 1 ? words : [];
    if (only === undefined || this.#room().composer !== composer) return this.#changed();
    const isDone = words.length === 1 && !only.endsWith('/');
    this.#compose((now) => replace(now, from, now.cursor, isDone ? `${only} ` : common));
  }

  #scroll(pages: number): void {
    const { columns, rows } = this.#size;
    const screen = this.#screen();
    const { width, height } = historyRoom(screen, columns, rows);
    const options = { width, charset: screen.charset };
    screen.timeline.scroll(pages * Math.max(1, height - 1), height, options);
    this.#readSoon();
  }

  #step(by: number): void {
    const names = this.#options.messenger.channels().map(({ name }) => name);
    this.#openNumber((names.indexOf(this.#current) + by + names.length) % names.length);
  }

  #openNumber(index: number): void {
    const channel = this.#options.messenger.channels()[index];
    if (channel) this.#open(channel.name);
  }

  #open(name: string): void {
    if (name === this.#current) return;
    this.#current = name;
    const { first } = this.#options.messenger.unread(name);
    if (first !== undefined) this.#room().timeline.markUnread(first);
    this.#readSoon();
    this.#changed();
  }

  #hear(change: Change): void {
    if (change.type === 'notice') this.#hearNotice(change.notice);
    else if (change.type === 'channels') this.#leaveRemoved();
    else if ('channel' in change) this.#hearOf(change);
    this.#changed();
  }

  #hearOf(change: Exclude<Change, { type: 'notice' | 'channels' | 'transfer' }>): void {
    const timeline = this.#rooms.get(change.channel)?.timeline;
    if (change.type === 'entry') {
      if (change.entry.event.type !== 'notice' && change.entry.event.receivedAt !== null) this.#isWell(change.channel);
      timeline?.add(change.entry);
      this.#readSoon();
    } else if (change.type === 'gone') timeline?.remove(change.rows);
    else if (change.type === 'status') {
      if (change.state !== 'queued') this.#isWell(change.channel);
      timeline?.setState(change.id, change.state);
      if (this.#debug) this.#note(`${change.id.slice(0, 8)} ${change.state}`, 'dim', change.channel);
    }
  }

  #hearNotice({ channel, code, text }: Extract<Change, { type: 'notice' }>['notice']): void {
    if (isTrouble(code)) this.#health.set(channel, 'in trouble');
    this.#note(text, 'warning', channel);
  }

  #isWell(channel: string): void {
    this.#health.set(channel, 'well');
  }

  #leaveRemoved(): void {
    const names = this.#options.messenger.channels().map(({ name }) => name);
    for (const name of this.#rooms.keys()) if (!names.includes(name)) this.#rooms.delete(name);
    if (names.includes(this.#current)) return;
    const [first] = names;
    if (first === undefined) this.end();
    else this.#current = first;
  }

  #note(text: string, tone: Tone = 'dim', channel = this.#current): void {
    this.#room(channel).timeline.note({ text, tone });
    this.#changed();
  }

  /** What stands at the end of the channel in view was seen. Later: changes are told while others are under way. */
  #readSoon(): void {
    if (this.#willRead) return;
    this.#willRead = true;
    setImmediate(() => {
      this.#willRead = false;
      const { timeline } = this.#room();
      const { messenger, conversations, signal } = this.#options;
      if (signal.aborted || !timeline.isAtEnd || messenger.unread(this.#current).count === 0) return;
      conversations.markRead(this.#current, timeline.newestRow);
      this.#changed();
    });
  }

  #changed(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}

function commonStart(words: readonly string[]): string {
  const [first = '', ...others] = words;
  let length = first.length;
  for (const word of others) while (!word.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}

/** The chat that fills the screen: what keys, people and channels do to it. It draws nothing (app.tsx does). */
import type { Change } from '../messenger/index.ts';
import { type ChatHost, isCommand, runCommand } from '../ui/commands.ts';
import { whyKept } from '../ui/pairing-words.ts';
import { completeComposer } from './complete.ts';
import { type Composer, cleared, edits, insert } from './composer.ts';
import { drawFrame, type Frame, historyRoom, type ScreenState } from './frame.ts';
import { screenHost } from './host.ts';
import type { Action } from './keys.ts';
import type { Tone } from './lines.ts';
import { type Room, Rooms } from './rooms.ts';
import { type ChatOptions, screenState } from './screen-state.ts';
import { Typed } from './typed.ts';

export class Chat {
  readonly #options: ChatOptions;
  readonly #rooms: Rooms;
  readonly #typed: Typed;
  readonly #listeners = new Set<() => void>();
  /** Resolves when somebody leaves, rejects with a fault. */
  readonly #ended = Promise.withResolvers<void>();
  #current: string;
  #choices: readonly string[] = [];
  #version = 0;
  #size = { columns: 80, rows: 24 };
  #willRead = false;
  /** The newest file on its way when somebody was last told what leaving does to it. */
  #toldOf = 0;

  constructor(options: ChatOptions) {
    this.#options = options;
    this.#rooms = new Rooms(options.messenger, options.conversations);
    const warn = (text: string, channel: string) => this.#note(text, 'warning', channel);
    this.#typed = new Typed(options, this.#rooms, warn, (error) => this.fail(error));
    this.#current = options.channel;
    this.#readSoon();
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
    return this.#typed.queued;
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
    else if (action.type !== 'eof') return;
    else if (this.#room().composer.text === '') this.#leave();
    else this.#compose(edits.delete);
    this.#changed();
  }

  #screen(): ScreenState {
    return screenState(this.#options, this.#rooms, this.#current, this.#choices);
  }

  #room(name = this.#current): Room {
    return this.#rooms.get(name);
  }

  #compose(change: (composer: Composer) => Composer): void {
    const room = this.#room();
    room.composer = change(room.composer);
    this.#changed();
  }

  #enter(): void {
    const room = this.#room();
    const { text } = room.composer;
    if (text.trim() === '') return;
    room.composer = cleared(room.composer);
    room.timeline.toEnd();
    const host = this.#host();
    if (isCommand(text)) this.#run(host, text.trimEnd());
    else this.#typed.send(host.channel, text);
  }

  /** A command comes after what was typed before it, and holds up nothing that is typed after it. */
  #run(host: ChatHost, line: string): void {
    this.#note(line, 'strong', host.channel);
    this.#typed.queued
      .then(() => runCommand(host, line))
      .then(
        (outcome) => (outcome === 'quit' ? this.#leave() : this.#changed()),
        (error: unknown) => this.fail(error),
      );
  }

  /** Cuts off files on their way, so with any it has to be asked for twice. */
  #leave(): void {
    const running = this.#options.conversations.transfers.list().filter(({ state }) => state === 'running');
    const { id = 0 } = running.at(-1) ?? {};
    if (id <= this.#toldOf) {
      this.end();
      return;
    }
    this.#toldOf = id;
    const names = running.map(({ name }) => name).join(', ');
    this.#note(`Still on its way: ${names}. Leave once more to break it off; it can go on where it was.`, 'warning');
  }

  #host(): ChatHost {
    const { messenger, conversations, signal } = this.#options;
    return screenHost({
      messenger,
      conversations,
      rooms: this.#rooms,
      signal,
      channel: this.#current,
      note: (text, tone, channel) => this.#note(text, tone, channel),
      switchTo: (name) => this.#open(name),
    });
  }

  async #complete(): Promise<void> {
    const { composer } = this.#room();
    if (composer.text === '') return this.#step(1);
    const completion = await completeComposer(this.#host(), composer);
    // Somebody may have typed on meanwhile.
    if (!completion || this.#room().composer !== composer) return;
    this.#choices = completion.choices;
    this.#compose(() => completion.composer);
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
    this.#rooms.hear(change);
    if (change.type === 'channels') this.#leaveRemoved();
    if (change.type === 'entry') this.#readSoon();
    this.#changed();
  }

  #leaveRemoved(): void {
    const names = this.#options.messenger.channels().map(({ name }) => name);
    this.#rooms.keepOnly(names);
    if (names.includes(this.#current)) return;
    const [first] = names;
    if (first === undefined) this.end();
    else this.#current = first;
  }

  #note(text: string, tone: Tone = 'dim', channel = this.#current): void {
    this.#rooms.note(channel, text, tone);
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

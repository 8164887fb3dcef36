/** What was typed, sent one after the other in its order. */
import { BtrError } from '../errors.ts';
import { errorWords, textOf } from '../ui/commands.ts';
import { whyKept } from '../ui/pairing-words.ts';
import { insert } from './composer.ts';
import type { Rooms } from './rooms.ts';
import type { ChatOptions } from './screen-state.ts';

export class Typed {
  readonly #options: Pick<ChatOptions, 'messenger' | 'conversations'>;
  readonly #rooms: Rooms;
  readonly #note: (text: string, channel: string) => void;
  readonly #fail: (error: unknown) => void;
  #queued: Promise<void> = Promise.resolve();

  /** @param note says what a person can mend. @param fail hears of a fault of ours. */
  constructor(
    options: Pick<ChatOptions, 'messenger' | 'conversations'>,
    rooms: Rooms,
    note: (text: string, channel: string) => void,
    fail: (error: unknown) => void,
  ) {
    this.#options = options;
    this.#rooms = rooms;
    this.#note = note;
    this.#fail = fail;
  }

  /** Resolves when all that was typed so far is queued. */
  get queued(): Promise<void> {
    return this.#queued;
  }

  send(channel: string, text: string): void {
    this.#queued = this.#queued.then(() => this.#send(channel, text)).catch(this.#fail);
  }

  async #send(channel: string, text: string): Promise<void> {
    const { messenger, conversations } = this.#options;
    const room = this.#rooms.get(channel);
    room.timeline.markUnread(undefined);
    try {
      await conversations.send(channel, [textOf(text)]);
    } catch (error) {
      if (!(error instanceof BtrError)) throw error;
      this.#note(errorWords(error), channel);
      // What could not be sent may be shortened, or sent as a file.
      if (room.composer.text === '') room.composer = insert(room.composer, text);
      return;
    }
    const why = whyKept(messenger, channel);
    if (why !== undefined && why !== room.keptFor) this.#note(why, channel);
    room.keptFor = why;
  }
}

/** What the chat keeps of each channel: what was looked at, what is being typed, how its drops were last. */
import type { Change, Conversations, Messenger } from '../messenger/index.ts';
import { type Composer, emptyComposer } from './composer.ts';
import type { Tone } from './lines.ts';
import { isTrouble } from './state-words.ts';
import { Timeline } from './timeline.ts';

export interface Room {
  readonly timeline: Timeline;
  composer: Composer;
  /** Why something waits, as it was said last. */
  keptFor?: string | undefined;
}

export type Health = 'well' | 'in trouble';

export class Rooms {
  readonly #messenger: Messenger;
  readonly #conversations: Conversations;
  readonly #rooms = new Map<string, Room>();
  readonly #health = new Map<string, Health>();
  /** Whether notes say what becomes of each message. */
  tellsStates = false;

  constructor(messenger: Messenger, conversations: Conversations) {
    this.#messenger = messenger;
    this.#conversations = conversations;
  }

  get(name: string): Room {
    const known = this.#rooms.get(name);
    if (known) return known;
    const older = (before: number | undefined, limit: number) => this.#conversations.page(name, { before, limit });
    const room = { timeline: new Timeline(older, this.#messenger.unread(name).first), composer: emptyComposer };
    this.#rooms.set(name, room);
    return room;
  }

  /** As its drops were last; undefined before anything went or came. */
  health(name: string): Health | undefined {
    return this.#health.get(name);
  }

  setHealth(name: string, health: Health): void {
    this.#health.set(name, health);
  }

  note(name: string, text: string, tone: Tone): void {
    this.get(name).timeline.note({ text, tone });
  }

  keepOnly(names: readonly string[]): void {
    for (const name of this.#rooms.keys()) if (!names.includes(name)) this.#rooms.delete(name);
  }

  hear(change: Change): void {
    if (change.type === 'entry') this.#hearEntry(change);
    else if (change.type === 'status') this.#hearStatus(change);
    else if (change.type === 'gone') this.#rooms.get(change.channel)?.timeline.remove(change.rows);
    else if (change.type === 'notice') this.#hearNotice(change);
  }

  #hearEntry({ channel, entry }: Extract<Change, { type: 'entry' }>): void {
    if (entry.event.type !== 'notice' && entry.event.receivedAt !== null) this.#health.set(channel, 'well');
    // A channel that nobody has looked at yet is read when somebody does.
    this.#rooms.get(channel)?.timeline.add(entry);
  }

  #hearStatus({ channel, id, state }: Extract<Change, { type: 'status' }>): void {
    if (state !== 'queued') this.#health.set(channel, 'well');
    this.#rooms.get(channel)?.timeline.setState(id, state);
    if (this.tellsStates) this.note(channel, `${id.slice(0, 8)} ${state}`, 'dim');
  }

  #hearNotice({ notice: { channel, code, text } }: Extract<Change, { type: 'notice' }>): void {
    if (isTrouble(code)) this.#health.set(channel, 'in trouble');
    this.note(channel, text, 'warning');
  }
}

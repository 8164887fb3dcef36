/** The letters of one direction, as a FIFO queue with a visibility timeout. Time and chance come from outside. */
import type { Faults } from './faults.ts';
import type { Chance } from './random.ts';

/** Whoever holds letters: one running `collect`. */
export interface Holder {
  /** It has ended: whatever it still holds, because its process was killed or an answer was lost, waits out its time. */
  readonly dead: boolean;
}

export interface QueuedLetter {
  body: string;
  visibleAt: number;
  holder: Holder | undefined;
  heldUntil: number;
}

export class MemoryQueue {
  #letters: QueuedLetter[] = [];
  readonly #seen = new Map<string, number>();
  readonly #chance: Chance;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** A deduplication id that was seen less than `window` milliseconds ago is accepted and not shown, as SQS does. */
  put(body: string, id: string, now: number, window: number, faults: Faults): void {
    const seenAt = this.#seen.get(id);
    if (seenAt !== undefined && now - seenAt < window) return;
    this.#seen.set(id, now);
    if (this.#chance.hits(faults.loss)) return;
    const altered = this.#chance.hits(faults.corruption) ? alterCharacter(body, this.#chance) : body;
    const late = this.#chance.hits(faults.delay) ? 1 + this.#chance.below(faults.maxDelay) : 0;
    const position = this.#insert(altered, now + late, this.#chance.hits(faults.reorder) ? 0 : this.#letters.length);
    if (this.#chance.hits(faults.repeat)) this.#insert(altered, now + late, position + 1);
  }

  /** Puts a letter at the end, without any fault. */
  add(body: string, now: number): void {
    this.#insert(body, now, this.#letters.length);
  }

  /** Takes letters from the front. With `holdBack`, none while another is held. */
  take(now: number, until: number, most: number, holder: Holder, holdBack: boolean): QueuedLetter[] {
    if (holdBack && this.#letters.some((letter) => isHeld(letter, now))) return [];
    const free = this.#letters.filter((letter) => letter.visibleAt <= now && !isHeld(letter, now)).slice(0, most);
    for (const letter of free) {
      letter.holder = holder;
      letter.heldUntil = until;
    }
    return free;
  }

  /** Has no effect where the letter is not this holder's any more. */
  remove(letter: QueuedLetter, holder: Holder): void {
    if (letter.holder === holder) this.#letters = this.#letters.filter((one) => one !== letter);
  }

  giveBack(letter: QueuedLetter, holder: Holder): void {
    if (letter.holder === holder) letter.holder = undefined;
  }

  bodies(state: 'waiting' | 'held', now: number): string[] {
    return this.#letters.filter((letter) => isHeld(letter, now) === (state === 'held')).map((letter) => letter.body);
  }

  /** Replaces each body by what `change` returns, and removes those for which it returns undefined. */
  tamper(change: (body: string, index: number) => string | undefined): void {
    this.#letters = this.#letters.filter((letter, index) => {
      const body = change(letter.body, index);
      if (body !== undefined) letter.body = body;
      return body !== undefined;
    });
  }

  /** When the next letter comes into sight by time alone. */
  nextChange(now: number): number | undefined {
    const times = this.#letters.map((letter) => (isHeld(letter, now) ? letter.heldUntil : letter.visibleAt));
    const coming = times.filter((time) => time > now);
    return coming.length === 0 ? undefined : Math.min(...coming);
  }

  /** Late letters are due, ended holders hold nothing, and no id is remembered. */
  heal(now: number): void {
    this.#seen.clear();
    for (const letter of this.#letters) {
      letter.visibleAt = Math.min(letter.visibleAt, now);
      if (letter.holder?.dead) letter.holder = undefined;
    }
  }

  /** Puts a letter somewhere from `lowest` on; returns its position. */
  #insert(body: string, visibleAt: number, lowest: number): number {
    const position = lowest + this.#chance.below(this.#letters.length - lowest + 1);
    this.#letters.splice(position, 0, { body, visibleAt, holder: undefined, heldUntil: 0 });
    return position;
  }
}

function isHeld(letter: QueuedLetter, now: number): boolean {
  return letter.holder !== undefined && letter.heldUntil > now;
}

function alterCharacter(body: string, chance: Chance): string {
  if (body.length === 0) return 'A';
  const position = chance.below(body.length);
  return `${body.slice(0, position)}${body[position] === 'A' ? 'B' : 'A'}${body.slice(position + 1)}`;
}

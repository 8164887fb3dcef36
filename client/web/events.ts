/** The windows that listen: server-sent events (HTML Living Standard, section 9.2). */
import type { ServerResponse } from 'node:http';
import type { Change } from '../messenger/index.ts';
import type { State, Update } from './api.ts';
import { HttpError } from './errors.ts';
import { updateOf } from './state.ts';

/** More windows than anybody looks at. */
const mostStreams = 16;
/** What a window may leave unread, in bytes. One that sleeps is let go; it comes back for a new state. */
const mostWaiting = 8 * 1024 * 1024;
/** In milliseconds: tells a window that it is still connected, and us that it is still there. */
const heartbeat = 15_000;
/** How soon a window tries again, in milliseconds. */
const retry = 1000;

export class EventStreams {
  readonly #open = new Set<ServerResponse>();
  readonly #states: () => Promise<() => State>;
  readonly #fail: (error: unknown) => void;
  readonly #timer = setInterval(() => this.#write(': still here\n\n'), heartbeat);
  #isStateDue = false;

  /** @param states answers what makes a state of the moment. @param fail hears of a fault of ours. */
  constructor(states: () => Promise<() => State>, fail: (error: unknown) => void) {
    this.#states = states;
    this.#fail = fail;
    this.#timer.unref();
  }

  /** Adds a window: a state first, then each update once. @throws HttpError 429 where there are too many. */
  async add(response: ServerResponse): Promise<void> {
    const stateNow = await this.#states();
    if (this.#open.size >= mostStreams) {
      throw new HttpError(429, 'The page is open in too many windows.', { code: 'too-many', hint: 'Close some.' });
    }
    if (response.destroyed) return;
    const first = stateNow();
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' });
    response.write(`retry: ${retry}\n\n${dataOf(first)}`);
    this.#open.add(response);
    response.once('close', () => this.#open.delete(response));
  }

  tell(change: Change): void {
    const update = updateOf(change);
    if (update) this.#write(dataOf(update));
    else this.#tellState().catch(this.#fail);
  }

  end(): void {
    clearInterval(this.#timer);
    for (const response of this.#open) response.end();
  }

  async #tellState(): Promise<void> {
    if (this.#isStateDue || this.#open.size === 0) return;
    this.#isStateDue = true;
    try {
      const stateNow = await this.#states();
      this.#write(dataOf(stateNow()));
    } finally {
      this.#isStateDue = false;
    }
  }

  #write(text: string): void {
    for (const response of this.#open) {
      response.write(text);
      if (response.writableLength > mostWaiting) response.destroy();
    }
  }
}

function dataOf(update: Update): string {
  return `data: ${JSON.stringify(update)}\n\n`;
}

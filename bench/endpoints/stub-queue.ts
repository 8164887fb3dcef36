/** One FIFO queue with one message group: in order, and nothing more while any of it is in flight. */
import { createHash, randomUUID } from 'node:crypto';

interface Message {
  readonly MessageId: string;
  readonly Body: string;
  readonly MD5OfBody: string;
}

export class StubQueue {
  #ready: Message[] = [];
  readonly #inFlight = new Map<string, Message>();
  readonly #waiting = new Set<() => void>();

  send(body: string): object {
    const message = {
      MessageId: randomUUID(),
      Body: body,
      MD5OfBody: createHash('md5').update(body).digest('hex'),
    };
    this.#ready.push(message);
    this.#wake();
    return { MessageId: message.MessageId, MD5OfMessageBody: message.MD5OfBody };
  }

  async receive(most: number, seconds: number, gone: AbortSignal): Promise<object> {
    const until = Date.now() + seconds * 1000;
    while (this.#ready.length === 0 || this.#inFlight.size > 0) {
      const left = until - Date.now();
      if (left <= 0 || gone.aborted) return {};
      await this.#change(left, gone);
    }
    // Who has hung up is given nothing.
    if (gone.aborted) return {};
    const Messages = this.#ready.splice(0, most).map((message) => {
      const ReceiptHandle = randomUUID();
      this.#inFlight.set(ReceiptHandle, message);
      return { ...message, ReceiptHandle };
    });
    return { Messages };
  }

  remove(handle: string): void {
    this.#inFlight.delete(handle);
    this.#wake();
  }

  /** 0 puts a message back; other times just pass, since no measured client outlasts one. */
  changeVisibility(handle: string, seconds: number): void {
    const message = this.#inFlight.get(handle);
    if (message === undefined || seconds > 0) return;
    this.#inFlight.delete(handle);
    this.#ready.unshift(message);
    this.#wake();
  }

  #change(milliseconds: number, gone: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        gone.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      gone.addEventListener('abort', done, { once: true });
      this.#waiting.add(done);
    });
  }

  #wake(): void {
    for (const waiting of [...this.#waiting]) waiting();
  }
}

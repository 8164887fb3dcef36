/** What `btr send` sends, on its way. */
import { size } from '../ui/format.ts';
import { visible } from '../ui/visible.ts';
import type { Running } from './command.ts';
import type { Post, Told } from './post.ts';
import { startProgress } from './progress.ts';
import type { SendOptions } from './send.ts';

/**
 * Queues what comes and delivers it meanwhile: one delivery runs at a time, and what is queued while it runs goes
 * together in the next.
 */
export class Sender {
  readonly #running: Running;
  readonly #post: Post;
  readonly #channel: string;
  #delivery: Promise<void> | undefined;
  #failure: unknown;
  #more = false;

  constructor(running: Running, post: Post, channel: string) {
    this.#running = running;
    this.#post = post;
    this.#channel = channel;
  }

  async queue(texts: readonly string[]): Promise<void> {
    const { output } = this.#running;
    for (const id of await this.#post.queue(this.#channel, texts)) {
      output.event({ event: 'status', channel: this.#channel, id, state: 'queued' });
    }
    this.#deliver();
    // A drop that can't be reached is no reason to read on for ever: what was read is safe in the outbox.
    if (this.#failure !== undefined) throw this.#failure;
  }

  async file(path: string, { ttl, burn }: SendOptions): Promise<void> {
    const { terminal, output } = this.#running;
    const progress = await startProgress(terminal, output, path, path === '-' ? 'stdin' : path);
    try {
      const file = await this.#post.sendFile(this.#channel, {
        path,
        stdin: terminal.stdin,
        stay: ttl,
        burn: burn ?? false,
        signal: terminal.signal,
        onProgress: (done, total) => progress.update(done, total),
        onSkipped: (skipped) => {
          for (const { path: inner, reason } of skipped)
            output.warn('skipped', `Not sent: ${visible(inner)}: ${reason}`);
        },
      });
      const { id, name, size: bytes, expiresAt } = file;
      output.event({
        event: 'status',
        channel: this.#channel,
        id,
        state: 'queued',
        file: name,
        size: bytes,
        expiresAt: new Date(expiresAt).toISOString(),
      });
      progress.stop();
      output.note(`${visible(name)}, ${size(bytes)}, id ${id.slice(0, 8)}`);
    } finally {
      progress.stop();
    }
    this.#deliver();
  }

  /** Resolves when the drop has everything. @throws DropError, after saying what waits. */
  async finish(): Promise<void> {
    await this.#delivery;
    if (this.#failure === undefined) return;
    const { queued } = await this.#post.waiting(this.#channel);
    const { output } = this.#running;
    const kept = queued === 1 ? 'The message is' : `${queued} messages are`;
    if (queued > 0)
      output.note(
        `${kept} kept and goes out with the next btr send or btr listen.`.replace(
          'are kept and goes',
          'are kept and go',
        ),
      );
    throw this.#failure;
  }

  #deliver(): void {
    this.#more = true;
    this.#delivery ??= this.#run().finally(() => {
      this.#delivery = undefined;
    });
  }

  async #run(): Promise<void> {
    const { output, terminal } = this.#running;
    const told: Told = {
      onNotice: (notice) => output.channelEvent(notice),
      onSent: (ids) => {
        for (const id of ids) output.event({ event: 'status', channel: this.#channel, id, state: 'sent' });
      },
    };
    try {
      while (this.#more) {
        this.#more = false;
        await this.#post.deliver(this.#channel, told);
      }
    } catch (error) {
      this.#failure = terminal.signal.aborted ? terminal.signal.reason : error;
    }
  }
}

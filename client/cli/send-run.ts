/** `btr send`: from words, stdin and files to the outbox and into the drop. */
import { TimeoutError, UsageError } from '../errors.ts';
import type { ChannelEvent, Messenger } from '../messenger/index.ts';
import { size } from '../ui/format.ts';
import { whyKept } from '../ui/pairing-words.ts';
import { visible } from '../ui/visible.ts';
import { chooseChannel, leadingChannel, type Running, withMessenger } from './command.ts';
import { readLines, readWhole } from './lines.ts';
import { startProgress } from './progress.ts';
import type { SendOptions } from './send.ts';

/** Lines queued in one transaction at most. */
const linesAtOnce = 2000;

interface SendRequest extends SendOptions {
  readonly words: readonly string[];
  /** How many words, from the end, are text whatever they say. */
  readonly explicit: number;
}

export function send(running: Running, request: SendRequest): Promise<void> {
  return withMessenger(running, async (messenger) => {
    const { channel, text } = address(messenger, request);
    const sender = new Sender(running, messenger, channel);
    const files = request.file ?? [];
    const usesStdin = text === '-' || (text === undefined && files.length === 0);
    if (usesStdin && files.includes('-')) {
      throw new UsageError('stdin can be the text or a file, not both.', { code: 'stdin-twice' });
    }
    try {
      if (usesStdin) await sendStdin(running, sender, request.whole ?? false);
      else if (text !== undefined) await sender.queue([text]);
      for (const path of files) await sender.file(path, request);
    } finally {
      await sender.finish();
    }
    tellKept(running, messenger, channel);
    if (request.wait !== undefined) await waitForDelivery(running, messenger, channel, request.wait);
  });
}

/** What the drop has not got although nothing failed: it waits for the buddy. */
function tellKept({ output }: Running, messenger: Messenger, channel: string): void {
  if (messenger.pending(channel).queued === 0) return;
  const why = whyKept(messenger, channel);
  if (why !== undefined) output.warn('kept', why);
}

interface Addressed {
  readonly channel: string;
  /** Undefined: no text was given. An empty one was given and is refused, so that a script's mistake is seen. */
  readonly text: string | undefined;
}

/** The channel and the text among the words. */
function address(messenger: Messenger, { words, explicit, to }: SendRequest): Addressed {
  if (to !== undefined) return { channel: messenger.channel(to).name, text: joined(words) };
  if (explicit === words.length) return { channel: chooseChannel(messenger, undefined), text: joined(words) };
  const { channel, rest } = leadingChannel(messenger, words);
  return { channel, text: joined(rest) };
}

function joined(words: readonly string[]): string | undefined {
  return words.length === 0 ? undefined : words.join(' ');
}

/**
 * Queues what comes and delivers it meanwhile: one delivery runs at a time, and what is queued while it runs goes
 * together in the next.
 */
class Sender {
  readonly #running: Running;
  readonly #messenger: Messenger;
  readonly #channel: string;
  #delivery: Promise<void> | undefined;
  #failure: unknown;
  #more = false;

  constructor(running: Running, messenger: Messenger, channel: string) {
    this.#running = running;
    this.#messenger = messenger;
    this.#channel = channel;
  }

  async queue(texts: readonly string[]): Promise<void> {
    const { output } = this.#running;
    for (const { id } of await this.#messenger.queue(this.#channel, texts)) {
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
      const file = await this.#messenger.sendFile(this.#channel, {
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
    const { queued } = this.#messenger.pending(this.#channel);
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
    const onSent = (ids: readonly Uint8Array[]) => {
      for (const bytes of ids) {
        const id = Buffer.from(bytes).toString('hex');
        output.event({ event: 'status', channel: this.#channel, id, state: 'sent' });
      }
    };
    const onNotice = ({ event }: { event: ChannelEvent }) => output.channelEvent(event);
    try {
      while (this.#more) {
        this.#more = false;
        const told = { signal: terminal.signal, onNotice, ...(output.json ? { onSent } : {}) };
        await this.#messenger.deliver(this.#channel, told);
      }
    } catch (error) {
      this.#failure = terminal.signal.aborted ? terminal.signal.reason : error;
    }
  }
}

async function sendStdin(running: Running, sender: Sender, whole: boolean): Promise<void> {
  const { terminal, output } = running;
  if (terminal.stdin.isTTY) output.note('Each line is a message; Ctrl-D ends.');
  if (whole) {
    await sender.queue([await readWhole(terminal.stdin, terminal.signal)]);
    return;
  }
  let empty = 0;
  for await (const lines of readLines(terminal.stdin, terminal.signal, linesAtOnce)) {
    const texts = lines.filter((line) => line !== '');
    empty += lines.length - texts.length;
    if (texts.length > 0) await sender.queue(texts);
  }
  if (empty > 0) output.note(`${empty} empty ${empty === 1 ? 'line was' : 'lines were'} not sent; --whole keeps them.`);
}

/** Waits until nothing is unacknowledged. Listens for acknowledgements only: messages that come meanwhile are left for btr listen. */
async function waitForDelivery(
  { output, terminal }: Running,
  messenger: Messenger,
  channel: string,
  milliseconds: number,
): Promise<void> {
  if (!messenger.isAcknowledged(channel)) {
    throw new UsageError('Nothing is acknowledged in this channel, so --wait would wait in vain.', {
      code: 'no-receipts',
    });
  }
  const timeout = AbortSignal.timeout(milliseconds);
  const signal = AbortSignal.any([timeout, terminal.signal]);
  if (!messenger.isAllDelivered(channel)) {
    for await (const event of messenger.listen(channel, { wait: true, signal, statusOnly: true })) {
      output.channelEvent(event);
      if (messenger.isAllDelivered(channel)) break;
    }
  }
  if (terminal.signal.aborted) throw terminal.signal.reason;
  if (messenger.isAllDelivered(channel)) return;
  if (messenger.pending(channel).queued > 0) {
    throw new TimeoutError(`${channel} has not joined in time.`, {
      code: 'not-delivered',
      hint: 'Nothing is lost: it is kept, and btr send and btr listen go on with it.',
    });
  }
  throw new TimeoutError(`The drop has it, but ${channel} did not acknowledge it in time.`, {
    code: 'not-delivered',
    hint: 'Nothing is lost: it stays there until it is collected. btr history shows what was delivered.',
  });
}

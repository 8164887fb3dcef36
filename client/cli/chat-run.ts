/** The chat in lines: what comes is printed above the line that is being typed. A screen reader can follow it. */
import { type AsyncCompleter, type CompleterResult, createInterface, type Interface } from 'node:readline';
import { BtrError, DropError, withHint } from '../errors.ts';
import type { ChannelEvent, Messenger } from '../messenger/index.ts';
import { type ChatHost, completeCommand, errorWords, isCommand, runCommand, textOf } from '../ui/commands.ts';
import { whyKept } from '../ui/pairing-words.ts';
import { visible } from '../ui/visible.ts';
import { chooseChannel, type Running, withMessenger } from './command.ts';
import { startProgress } from './progress.ts';
import { swapSides } from './swap-run.ts';

export function chat(running: Running, given: string | undefined): Promise<void> {
  return withMessenger(running, async (messenger) => {
    const channel = chooseChannel(messenger, given);
    const { output } = running;
    const swap = async () => void (await swapSides(running, messenger, channel));
    output.note(`Talking with ${channel}. /help lists the commands, Ctrl-D ends.`);
    const why = whyKept(messenger, channel);
    if (why !== undefined) output.note(`What you write waits. ${why}`);
    await new Chat(running, messenger, channel, swap).run();
  });
}

/** One conversation on the terminal, until the input ends. */
export class Chat {
  readonly #running: Running;
  readonly #messenger: Messenger;
  readonly #channel: string;
  readonly #host: ChatHost;
  readonly #stop = new AbortController();
  #lines: Interface | undefined;
  #delivery: Promise<void> | undefined;
  #more = false;
  /** Why something waits, as it was said last. */
  #keptFor: string | undefined;
  /** Whether to show what becomes of each message. */
  #debug = false;
  /** Whether the cursor stands behind a prompt. */
  #prompted = false;

  constructor(running: Running, messenger: Messenger, channel: string, swap: () => Promise<void>) {
    this.#running = running;
    this.#messenger = messenger;
    this.#channel = channel;
    running.output.fetchCommand = '/get';
    this.#host = {
      messenger,
      channel,
      signal: running.terminal.signal,
      say: (text) => this.#say(text),
      deliver: () => this.#deliver(),
      swap,
      setDebug: (debug) => {
        this.#debug = debug;
      },
      sendFile: (path) => this.#sendFile(path),
      getFile: (id, out) => this.#getFile(id, out),
    };
  }

  /** Resolves when the input ended or /quit was typed. @throws what ended listening, or Ctrl-C. */
  async run(): Promise<void> {
    const signal = AbortSignal.any([this.#stop.signal, this.#running.terminal.signal]);
    const listening = this.#listen(signal);
    try {
      await Promise.race([this.#read(signal), listening.then(() => new Promise<never>(() => {}))]);
    } finally {
      this.#stop.abort();
      this.#lines?.close();
      if (this.#prompted) this.#running.terminal.stdout.write('\n');
      await listening;
      await this.#delivery;
    }
    if (this.#running.terminal.signal.aborted) throw this.#running.terminal.signal.reason;
    await this.#lastDelivery();
  }

  /** Ends the chat as /quit would. */
  end(): void {
    this.#stop.abort();
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { stdin, stdout } = this.#running.terminal;
    const interactive = stdin.isTTY === true && this.#running.output.isTerminal;
    const completer: AsyncCompleter = (line, done) => {
      this.#complete(line).then(
        (result) => done(null, result),
        (error: Error) => done(error),
      );
    };
    const lines = createInterface({
      input: stdin,
      terminal: interactive,
      completer,
      ...(interactive ? { output: stdout } : {}),
    });
    this.#lines = lines;
    lines.once('close', () => {
      this.#lines = undefined;
    });
    // readline keeps Ctrl-C to itself on a terminal.
    lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    signal.addEventListener('abort', () => lines.close(), { once: true });
    if (interactive) this.#prompt();
    for await (const line of lines) {
      this.#prompted = false;
      if (signal.aborted || (await this.#take(line))) return;
      // The line may have ended the chat by another way, as a swap in the demo does.
      if (interactive && !signal.aborted) this.#prompt();
    }
  }

  /** True ends the chat. */
  async #take(line: string): Promise<boolean> {
    if (line.trim() === '') return false;
    if (isCommand(line)) return (await runCommand(this.#host, line)) === 'quit';
    try {
      await this.#messenger.queue(this.#channel, [textOf(line)]);
      this.#deliver();
    } catch (error) {
      if (!(error instanceof BtrError)) throw error;
      this.#say(errorWords(error));
    }
    return false;
  }

  async #complete(line: string): Promise<CompleterResult> {
    if (!isCommand(line)) return [[], line];
    const { words, from } = await completeCommand(this.#host, line);
    return [[...words], line.slice(from)];
  }

  async #sendFile(path: string): Promise<void> {
    const { terminal, output } = this.#running;
    const progress = await startProgress(terminal, output, path, path);
    try {
      const onProgress = (done: number, total: number | undefined) => progress.update(done, total);
      const { id, name } = await this.#messenger.sendFile(this.#channel, { path, signal: terminal.signal, onProgress });
      this.#say(`${visible(name)} is sent, id ${id.slice(0, 8)}`);
      this.#deliver();
    } finally {
      progress.stop();
    }
  }

  async #getFile(id: string, out: string): Promise<void> {
    const { terminal, output } = this.#running;
    const { targetAt } = await import('../messenger/index.ts');
    const progress = await startProgress(terminal, output, id, id);
    try {
      const onProgress = (done: number, total: number) => progress.update(done, total);
      const onUnburned = (error: DropError) => this.#say(withHint(error));
      const target = await targetAt(out);
      const path = await this.#messenger.getFile(id, { target, signal: terminal.signal, onProgress, onUnburned });
      this.#say(`Saved as ${visible(path ?? '')}`);
    } finally {
      progress.stop();
    }
  }

  async #listen(signal: AbortSignal): Promise<void> {
    for await (const event of this.#messenger.listen(this.#channel, { wait: true, signal })) this.#show(event);
  }

  #show(event: ChannelEvent): void {
    if (event.type === 'status' && !this.#running.output.json) {
      if (this.#debug) this.#say(`${event.id.slice(0, 8)} ${event.state}`);
      return;
    }
    this.#print(() => this.#running.output.channelEvent(event, true));
  }

  /** A line of the chat's own. */
  #say(text: string): void {
    this.#print(() => this.#running.output.line(this.#running.output.style('dim', text)));
  }

  /** Prints above the line that is being typed, and puts that back. */
  #print(write: () => void): void {
    const { stdout } = this.#running.terminal;
    const typing = this.#lines?.terminal === true;
    if (typing) stdout.write('\r\u001b[K');
    write();
    if (typing) this.#prompt(true);
  }

  #prompt(keepCursor = false): void {
    if (!this.#lines) return;
    this.#prompted = true;
    this.#lines.setPrompt('> ');
    this.#lines.prompt(keepCursor);
  }

  /** Delivers in the background; trouble is said, and what was typed stays queued. */
  #deliver(): void {
    this.#more = true;
    this.#delivery ??= this.#deliverAll().finally(() => {
      this.#delivery = undefined;
    });
  }

  async #deliverAll(): Promise<void> {
    while (this.#more) {
      this.#more = false;
      try {
        const { signal } = this.#running.terminal;
        const onNotice = ({ event }: { event: ChannelEvent }) => this.#show(event);
        await this.#messenger.deliver(this.#channel, { signal, onNotice, onSent: (ids) => this.#tellSent(ids) });
        this.#tellKept();
      } catch (error) {
        if (this.#running.terminal.signal.aborted) return;
        if (!(error instanceof DropError)) throw error;
        this.#say(`${error.message} ${error.hint ?? ''} It is kept and tried again.`);
      }
    }
  }

  /** Says why what was typed waits, once for each reason. */
  #tellKept(): void {
    if (this.#messenger.pending(this.#channel).queued === 0) return;
    const why = whyKept(this.#messenger, this.#channel);
    if (why !== undefined && why !== this.#keptFor) this.#say(why);
    this.#keptFor = why;
  }

  #tellSent(ids: readonly Uint8Array[]): void {
    for (const bytes of ids) {
      const id = Buffer.from(bytes).toString('hex');
      this.#show({ type: 'status', channel: this.#channel, id, state: 'sent' });
    }
  }

  /** What was typed last goes out before the end. @throws DropError: it stays queued. */
  async #lastDelivery(): Promise<void> {
    await this.#messenger.deliver(this.#channel, { acknowledge: true, signal: this.#running.terminal.signal });
  }
}

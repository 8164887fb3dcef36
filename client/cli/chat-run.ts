/** The chat in lines: what comes is printed above the line that is being typed. A screen reader can follow it. */
import { createInterface, type Interface } from 'node:readline';
import { BtrError, DropError } from '../errors.ts';
import type { ChannelEvent, Messenger } from '../messenger/index.ts';
import { whyKept } from '../ui/pairing-words.ts';
import { type ChatState, chatCommandNames, runChatCommand } from './chat-commands.ts';
import { chooseChannel, type Running, withMessenger } from './command.ts';
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
  readonly #state: ChatState;
  readonly #stop = new AbortController();
  #lines: Interface | undefined;
  #delivery: Promise<void> | undefined;
  #more = false;
  /** Why something waits, as it was said last. */
  #keptFor: string | undefined;
  /** Whether the cursor stands behind a prompt. */
  #prompted = false;

  constructor(running: Running, messenger: Messenger, channel: string, swap: () => Promise<void>) {
    this.#running = running;
    this.#messenger = messenger;
    this.#channel = channel;
    running.output.fetchCommand = '/get';
    this.#state = {
      running,
      messenger,
      channel,
      say: (text) => this.#print(() => running.output.line(running.output.style('dim', text))),
      deliver: () => this.#deliver(),
      swap,
      debug: false,
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
    const completer = (line: string): [string[], string] => [
      line.startsWith('/') ? chatCommandNames().filter((name) => name.startsWith(line)) : [],
      line,
    ];
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
    if (line.startsWith('/') && !line.startsWith('//')) return runChatCommand(this.#state, line);
    try {
      await this.#messenger.queue(this.#channel, [line.startsWith('//') ? line.slice(1) : line]);
      this.#deliver();
    } catch (error) {
      if (!(error instanceof BtrError)) throw error;
      this.#state.say(error.hint === undefined ? error.message : `${error.message} ${error.hint}`);
    }
    return false;
  }

  async #listen(signal: AbortSignal): Promise<void> {
    for await (const event of this.#messenger.listen(this.#channel, { wait: true, signal })) this.#show(event);
  }

  #show(event: ChannelEvent): void {
    if (event.type === 'status' && !this.#running.output.json) {
      if (this.#state.debug) this.#state.say(`${event.id.slice(0, 8)} ${event.state}`);
      return;
    }
    this.#print(() => this.#running.output.channelEvent(event, true));
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
        this.#state.say(`${error.message} ${error.hint ?? ''} It is kept and tried again.`);
      }
    }
  }

  /** Says why what was typed waits, once for each reason. */
  #tellKept(): void {
    if (this.#messenger.pending(this.#channel).queued === 0) return;
    const why = whyKept(this.#messenger, this.#channel);
    if (why !== undefined && why !== this.#keptFor) this.#state.say(why);
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

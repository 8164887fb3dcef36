/** One of the two in the demo: does what a person would do with btr, and tells what each side sees. */
import type { CloudChannel, EmbeddedCloud } from '../cloud/index.ts';
import type { ChannelEvent, FileEvent, Messenger } from '../messenger/index.ts';
import { size } from '../ui/format.ts';
import { whyKept } from '../ui/pairing-words.ts';
import { visible } from '../ui/visible.ts';
import type { Running } from './command.ts';
import { startProgress } from './progress.ts';

export interface Stage {
  readonly running: Running;
  readonly cloud: EmbeddedCloud;
  readonly folder: string;
  readonly channel: CloudChannel;
}

const nameWidth = 16;

export class Person {
  readonly messenger: Messenger;
  readonly name: string;
  readonly buddy: string;
  readonly #stage: Stage;
  /** Files that came and were not fetched yet. */
  #files: FileEvent[] = [];

  constructor(stage: Stage, messenger: Messenger, name: string, buddy: string) {
    this.#stage = stage;
    this.messenger = messenger;
    this.name = name;
    this.buddy = buddy;
  }

  /** The queue this side sends on. */
  get queue(): string {
    const { role } = this.messenger.channel(this.buddy);
    return this.#stage.channel.queues[role === 'a' ? 'a-to-b' : 'b-to-a'];
  }

  async says(text: string): Promise<void> {
    this.#tell(`${this.name} writes`, text);
    await this.messenger.send(this.buddy, text, { signal: this.#stage.running.terminal.signal });
    const why = whyKept(this.messenger, this.buddy);
    if (why === undefined) this.#tellCloud();
    else this.#tell('', why);
  }

  async listens(): Promise<void> {
    const { signal } = this.#stage.running.terminal;
    for await (const event of this.messenger.listen(this.buddy, { wait: false, signal })) this.#show(event);
    signal.throwIfAborted();
  }

  /** Makes an invite for the buddy, and answers it with its PIN. */
  async invites(): Promise<{ invite: string; pin: string }> {
    const { signal } = this.#stage.running.terminal;
    const { invite, pin } = await (await this.messenger.pairings()).invite(this.buddy, { signal });
    this.#tell(`${this.name} mails`, `${invite.slice(0, 44)}… (${invite.length} characters)`);
    this.#tell(`${this.name} calls`, `and says: the PIN is ${pin}`);
    return { invite, pin };
  }

  /** Joins by an invite with the PIN that was understood. */
  async joins(invite: string, pin: string): Promise<void> {
    this.#tell(`${this.name} types`, pin);
    const pairings = await this.messenger.pairings();
    await pairings.join(await pairings.read(invite), pin);
    await this.listens();
  }

  /** The number that both compare to be sure of each other. */
  async safetyNumber(): Promise<string> {
    const { digits } = await (await this.messenger.pairings()).verification(this.buddy);
    this.#tell(`${this.name} sees`, `safety number ${digits.slice(0, 5)} ${digits.slice(5, 10)} … ${digits.slice(-5)}`);
    return digits;
  }

  swaps(): void {
    const { role } = this.messenger.swapRoles(this.buddy);
    this.#tell(this.name, `is ${role} now`);
  }

  async sendsFile(path: string): Promise<void> {
    const { terminal } = this.#stage.running;
    const began = performance.now();
    const file = await this.#withProgress('up', (onProgress) =>
      this.messenger.sendFile(this.buddy, { path, burn: true, signal: terminal.signal, onProgress }),
    );
    await this.messenger.deliver(this.buddy, { signal: terminal.signal });
    this.#tell(
      `${this.name} sends`,
      `${file.name}, ${size(file.size)}, at ${rate(file.size, began)}, to be burned once fetched`,
    );
    this.#tellCloud();
  }

  /** Fetches the file that came and answers where it is. */
  async fetches(folder: string): Promise<string> {
    await this.listens();
    const [file, ...rest] = this.#files;
    if (!file) throw new Error('no file came');
    this.#files = rest;
    const { signal } = this.#stage.running.terminal;
    const began = performance.now();
    const path = await this.#withProgress('down', (onProgress) =>
      this.messenger.getFile(file.id, { target: { folder }, signal, onProgress }),
    );
    this.#tell(`${this.name} has`, `${visible(file.name)}, verified, at ${rate(file.size, began)}`);
    return path ?? '';
  }

  async #withProgress<T>(
    way: string,
    work: (onProgress: (done: number, total: number | undefined) => void) => Promise<T>,
  ): Promise<T> {
    const { terminal, output } = this.#stage.running;
    const progress = await startProgress(terminal, output, way, `  ${way}`);
    try {
      return await work((done, total) => progress.update(done, total));
    } finally {
      progress.stop();
    }
  }

  #show(event: ChannelEvent): void {
    if (this.#stage.running.output.json) this.#stage.running.output.channelEvent(event);
    else if (event.type === 'message') this.#tell(`${this.name} reads`, event.text);
    else if (event.type === 'file')
      this.#tell(`${this.name} is told`, `of a file, ${visible(event.name)}, ${size(event.size)}`);
    else if (event.type === 'notice') this.#tell(`${this.name} is told`, event.text);
    else if (event.state === 'delivered') this.#tell(`${this.name} sees`, 'delivered ✓');
    if (event.type === 'file') this.#files.push(event);
  }

  #tell(who: string, what: string): void {
    const { output } = this.#stage.running;
    const [first = '', ...more] = visible(what).split('\n');
    output.line(`  ${output.style('cyan', who.padEnd(nameWidth))}${first}`);
    for (const line of more) output.line(`  ${' '.repeat(nameWidth)}${line}`);
  }

  #tellCloud(): void {
    const { output } = this.#stage.running;
    const body = this.#stage.cloud.peek(this.queue).at(-1) ?? '';
    const text = `${body.length.toLocaleString('en')} characters: ${body.slice(0, 44)}…`;
    output.line(`  ${output.style('dim', `${'the cloud sees'.padEnd(nameWidth)}${text}`)}`);
  }
}

function rate(bytes: number, began: number): string {
  return `${size(bytes / Math.max(0.001, (performance.now() - began) / 1000))}/s`;
}

/**
 * How a command speaks. Without --json, what was asked for goes to stdout and everything about it to stderr. With
 * --json, stdout carries NDJSON, one event a line, and people's text still goes to stderr.
 */
import { styleText } from 'node:util';
import type { BtrError } from '../errors.ts';
import type { ChannelEvent, FileInfo, NoticeEvent } from '../messenger/index.ts';
import { eventJson } from '../ui/event-json.ts';
import { clock, day, size } from '../ui/format.ts';
import { visible, visibleJson } from '../ui/visible.ts';
import { isDumb, type Terminal } from './terminal.ts';

interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
}

/** Notices of bodies that were not what they should have been. */
export const refusals: ReadonlySet<string> = new Set([
  'unopened',
  'malformed',
  'reflected',
  'wrong-sender',
  'wrong-suite',
]);

/** Notices of a pairing that came to nothing: `invite-` on the inviter's side, `join-` on the other. */
export const failedPairings: ReadonlySet<string> = new Set(
  ['wrong-pin', 'expired', 'not-open'].flatMap((reason) => [`invite-${reason}`, `join-${reason}`]),
);

/** Notices of somebody who is not who they should be. */
export const otherIdentities: ReadonlySet<string> = new Set([
  'identity-changed',
  'invite-other-identity',
  'join-other-identity',
]);

type Style = Parameters<typeof styleText>[0];

export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly #terminal: Terminal;
  readonly #color: boolean;
  /** What fetches a file where this is read: `/get` in a chat. */
  fetchCommand = 'btr get';
  /** Trouble that was said since anything else happened. */
  readonly #troubles = new Set<string>();
  #lastWrite: Promise<void> = Promise.resolve();

  constructor(terminal: Terminal, { json, quiet, color }: OutputOptions) {
    this.#terminal = terminal;
    this.json = json;
    this.quiet = quiet;
    this.#color = color && !terminal.env.NO_COLOR && !isDumb(terminal);
  }

  /** Whether colours are wanted where a terminal is. */
  get colored(): boolean {
    return this.#color;
  }

  /** Whether a person reads stdout. */
  get isTerminal(): boolean {
    return this.#terminal.stdout.isTTY === true;
  }

  /** One NDJSON event; nothing without --json. */
  event(event: Record<string, unknown>): void {
    if (this.json) this.#toStdout(`${visibleJson(event)}\n`);
  }

  /** What was asked for: a line on stdout; on stderr with --json, where stdout is for events. */
  line(text: string): void {
    if (this.json) this.#terminal.stderr.write(`${text}\n`);
    else this.#toStdout(`${text}\n`);
  }

  /** Whole lines of something that stdout is for, as they are. */
  raw(text: string): void {
    this.#toStdout(text);
  }

  /**
   * Resolves once stdout's reader has been given everything: a pipe takes what it has room for, the rest waits in this
   * process and would be lost with it. @throws the signal's reason, or the error of a pipe that nobody reads any more.
   */
  async flushed(signal: AbortSignal): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      await Promise.race([this.#lastWrite, promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Writes end in their order, so the last one stands for all of them. */
  #toStdout(text: string): void {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#terminal.stdout.write(text, (error) => (error ? reject(error) : resolve()));
    // Only those who wait want to know; the terminal hears of every failure anyway.
    promise.catch(() => {});
    this.#lastWrite = promise;
  }

  /** A remark for a person, on stderr; not with --quiet. */
  note(text: string): void {
    if (!this.quiet) this.#terminal.stderr.write(`${this.style('dim', text, this.#terminal.stderr)}\n`);
  }

  /** What a person asked for and must not be on stdout, also with --quiet. @param strong stands out behind it. */
  aside(text: string, strong: string): void {
    this.#terminal.stderr.write(`${text}${this.style('bold', strong, this.#terminal.stderr)}\n`);
  }

  /** A remark that matters even with --quiet. */
  warn(code: string, text: string): void {
    this.event({ event: 'notice', code, text });
    this.#terminal.stderr.write(`${this.style('yellow', text, this.#terminal.stderr)}\n`);
  }

  error({ code, message, hint }: BtrError): void {
    this.event({ event: 'error', code, text: message, hint: hint ?? null });
    this.#terminal.stderr.write(`${this.style('red', `btr: ${visible(message)}`, this.#terminal.stderr)}\n`);
    if (hint) this.#terminal.stderr.write(`${visible(hint)}\n`);
  }

  style(style: Style, text: string, stream: { readonly isTTY?: boolean } = this.#terminal.stdout): string {
    return this.#color && stream.isTTY ? styleText(style, text, { validateStream: false }) : text;
  }

  /** An event of a channel. @param withSender also name the sender where stdout is not a terminal. */
  channelEvent(event: ChannelEvent, withSender = false): void {
    if (this.json) this.event(eventJson(event));
    if (event.type === 'notice') this.#notice(event);
    else this.#troubles.clear();
    if (this.json || event.type === 'notice' || event.type === 'status') return;
    this.line(this.isTerminal ? this.#forPeople(event) : this.#forPipes(event, withSender));
  }

  /** Trouble with a drop is tried again and again, but said once until something else happens. */
  #notice({ code, text }: NoticeEvent): void {
    if (!refusals.has(code) && this.#troubles.has(text)) return;
    this.#troubles.add(text);
    this.#terminal.stderr.write(`${this.style('yellow', visible(text), this.#terminal.stderr)}\n`);
  }

  #forPeople(event: Exclude<ChannelEvent, { type: 'notice' | 'status' }>): string {
    const head = `${this.style('dim', clock(event.sentAt))} ${this.style('bold', visible(event.from))}`;
    const mark = event.state ? this.style('dim', ` [${event.state}]`) : '';
    if (event.type === 'message') return `${head}  ${indent(visible(event.text))}${mark}`;
    return `${head}  ${fileLine(event, this.fetchCommand)}${mark}`;
  }

  #forPipes(event: Exclude<ChannelEvent, { type: 'notice' | 'status' }>, withSender: boolean): string {
    const text = event.type === 'message' ? event.text : fileLine(event, this.fetchCommand);
    return withSender ? `${event.from}: ${text}` : text;
  }
}

/** Lines after the first one stand under it, so that no text can look like another message. */
function indent(text: string): string {
  return text.replaceAll('\n', '\n      ');
}

/** @param fetch the command that fetches it. */
function fileLine({ id, name, size: bytes, expiresAt, path }: FileLine, fetch: string): string {
  const where = path
    ? `saved as ${visible(path)}`
    : `fetch it with: ${fetch} ${id.slice(0, 8)} (until ${day(expiresAt)})`;
  return `file ${visible(name)}, ${size(bytes)}, ${where}`;
}

type FileLine = Pick<FileInfo, 'id' | 'name' | 'size' | 'expiresAt'> & { readonly path: string | null };

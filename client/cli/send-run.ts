/** `btr send`: from words, stdin and files to the outbox and into the drop. */
import { UsageError } from '../errors.ts';
import { leadingName, onlyName, type Running } from './command.ts';
import { DaemonPost } from './daemon-post.ts';
import { readLines, readWhole } from './lines.ts';
import { OwnPost, type Post } from './post.ts';
import type { SendOptions } from './send.ts';
import { Sender } from './sender.ts';

/** Lines queued in one transaction at most. */
const linesAtOnce = 2000;

interface SendRequest extends SendOptions {
  readonly words: readonly string[];
  /** How many words, from the end, are text whatever they say. */
  readonly explicit: number;
}

export async function send(running: Running, request: SendRequest): Promise<void> {
  const post = await openPost(running, request);
  try {
    const { channel, text } = await address(post, request);
    const sender = new Sender(running, post, channel);
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
    const { queued, kept } = await post.waiting(channel);
    // What the drop has not got although nothing failed: it waits for the buddy.
    if (queued > 0 && kept !== undefined) running.output.warn('kept', kept);
    if (request.wait !== undefined) await post.untilDelivered(channel, request.wait);
  } finally {
    await post.close();
  }
}

/** Files this process sends itself; a proxy that was named is to be used, whatever the daemon uses. */
async function openPost(running: Running, { file, proxy }: SendRequest): Promise<Post> {
  const daemon = file === undefined && proxy === undefined ? await DaemonPost.open(running) : undefined;
  return daemon ?? new OwnPost(running, await running.open());
}

interface Addressed {
  readonly channel: string;
  /** Undefined: no text was given. An empty one was given and is refused, so that a script's mistake is seen. */
  readonly text: string | undefined;
}

/** The channel and the text among the words. */
async function address(post: Post, { words, explicit, to }: SendRequest): Promise<Addressed> {
  if (to !== undefined) {
    await post.assertChannel(to);
    return { channel: to, text: joined(words) };
  }
  if (explicit === words.length) return { channel: onlyName(post.channels), text: joined(words) };
  const { channel, rest } = leadingName(post.channels, words);
  return { channel, text: joined(rest) };
}

function joined(words: readonly string[]): string | undefined {
  return words.length === 0 ? undefined : words.join(' ');
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

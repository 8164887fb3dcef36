/** `btr chat` on a terminal. */
import type { Messenger } from '../messenger/index.ts';
import { Chat } from './chat.ts';
import { showChat } from './show.tsx';
import { charsetOf } from './text.ts';

export interface FullScreenOptions {
  readonly messenger: Messenger;
  /** The one to begin with. */
  readonly channel: string;
  readonly env: NodeJS.ProcessEnv;
  readonly isColored: boolean;
  readonly signal: AbortSignal;
}

/** Resolves when somebody left; what was typed last is sent. @throws the signal's reason; DropError: it stays queued. */
export async function runFullScreen(options: FullScreenOptions): Promise<void> {
  const { messenger, channel, env, isColored, signal } = options;
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const conversations = await messenger.conversations(both);
  const chat = new Chat({ messenger, conversations, channel, charset: charsetOf(env), signal: both });
  // Said in the alternate screen, it would be gone with it.
  const onFault = (error: unknown) => chat.fail(error);
  process.on('uncaughtException', onFault);
  const onAbort = () => chat.end();
  signal.addEventListener('abort', onAbort, { once: true });
  const close = await showChat(chat, isColored);
  const running = conversations.run().catch(onFault);
  try {
    if (!signal.aborted) await chat.ended;
    await chat.queued;
  } finally {
    await close();
    signal.removeEventListener('abort', onAbort);
    process.off('uncaughtException', onFault);
    stop.abort();
    await running;
  }
  signal.throwIfAborted();
  await deliverRest(messenger, chat.current, signal);
}

/** What was typed last goes out before the end, in whatever channel it was. */
async function deliverRest(messenger: Messenger, current: string, signal: AbortSignal): Promise<void> {
  for (const { name } of messenger.channels()) {
    const isWaiting = messenger.pending(name).queued > 0;
    if (isWaiting || name === current) await messenger.deliver(name, { acknowledge: true, signal });
  }
}

/** `btr web`. */
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { errorCode, errorText, UsageError } from '../errors.ts';
import { type Opening, openBrowser } from '../web/open-browser.ts';
import { WebServer } from '../web/server.ts';
import { type Running, withMessenger } from './command.ts';
import type { WebOptions } from './web.ts';

/** Beside the chunk that this becomes a part of. */
const page = join(import.meta.dirname, '..', 'web');

export function web(running: Running, { port, open }: WebOptions, version: string): Promise<void> {
  const { terminal, output } = running;
  return withMessenger(running, async (messenger) => {
    const stop = new AbortController();
    const signal = AbortSignal.any([terminal.signal, stop.signal]);
    const conversations = await messenger.conversations(signal);
    const onFault = (error: unknown) => output.warn('internal', `A fault of btr: ${errorText(error)}`);
    const about = { messenger, conversations, port, page, version, signal, onFault };
    const server = await WebServer.start(about).catch((error: unknown) => {
      throw portProblem(error, port);
    });
    const links = offerLinks(running, server, open, signal);
    // The link is out before anything is asked of a drop.
    const talking = conversations.run();
    try {
      await Promise.race([talking, links]);
    } finally {
      stop.abort();
      await server.close();
      await Promise.allSettled([talking, links]);
    }
    terminal.signal.throwIfAborted();
  });
}

/** A link at once, and one more for each Enter, until the signal aborts. */
async function offerLinks(
  { terminal, output }: Running,
  { access }: WebServer,
  open: boolean,
  signal: AbortSignal,
): Promise<void> {
  const print = (url: string): void => {
    output.event({ event: 'web', url });
    output.line(url);
  };
  let opening: Promise<Opening> | undefined;
  const first = access.newLink(() => void opening?.then((made) => made[Symbol.asyncDispose]()));
  print(first);
  output.note('For one window of a browser on this machine, within ten minutes. Enter: another link. Ctrl-C ends.');
  const lines = createInterface({ input: terminal.stdin }).on('line', () => print(access.newLink()));
  try {
    opening = open ? openBrowser(first) : undefined;
    if ((await opening)?.isTried === false) output.note('No browser could be started here: open the link yourself.');
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    lines.close();
    await (await opening)?.[Symbol.asyncDispose]();
  }
}

function portProblem(error: unknown, port: number): unknown {
  if (errorCode(error) !== 'EADDRINUSE' && errorCode(error) !== 'EACCES') return error;
  return new UsageError(`Port ${port} can't be had.`, {
    code: 'port-taken',
    hint: 'Another program has it, perhaps another `btr web`. Leave --port out: any free one will do.',
    cause: error,
  });
}

/** `btr rpc`. */
import { type Answer, DaemonClient, DaemonGone } from '../daemon/client.ts';
import { errorText, UsageError } from '../errors.ts';
import { homeDirectory } from '../messenger/index.ts';
import { visibleJson } from '../ui/visible.ts';
import type { Running } from './command.ts';
import { readWhole } from './lines.ts';

export async function rpc(running: Running, method: string, given: string | undefined): Promise<void> {
  const { terminal, output, options } = running;
  const params = parse(given === '-' ? await readWhole(terminal.stdin, terminal.signal) : (given ?? '{}'));
  const say = (answer: Answer) => {
    output.raw(`${visibleJson(answer)}\n`);
    return output.flushed(terminal.signal);
  };
  const client = await DaemonClient.connect(homeDirectory(options.home, terminal.env), say);
  if (!client) throw new DaemonGone('There is no daemon of this home.');
  try {
    await say(await client.call(method, params, { signal: terminal.signal }));
    if (method === 'subscribe') {
      await untilEnded(client, terminal.signal);
      throw new DaemonGone();
    }
    // Whoever starts another one next finds the place free.
    if (method === 'shutdown') await untilEnded(client, terminal.signal);
  } finally {
    client.close();
  }
}

/** @throws the signal's reason. */
async function untilEnded(client: DaemonClient, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true });
  if (signal.aborted) throw signal.reason;
  await Promise.race([client.ended, aborted.promise]);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`The parameters are not JSON: ${errorText(cause)}`, {
      code: 'bad-params',
      hint: `btr rpc unread '{"channel":"bob"}'`,
      cause,
    });
  }
}

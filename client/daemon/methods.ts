/** The methods of `btr daemon`. docs/rpc.md is their reference. */
import { dropFields } from '../ui/drop-words.ts';
import { rfc3339 } from '../ui/event-json.ts';
import { pairingFields, whyKept } from '../ui/pairing-words.ts';
import type { Daemon } from './daemon.ts';
import { fileMethods } from './methods-files.ts';
import { messageMethods } from './methods-messages.ts';
import type { Method } from './server.ts';
import { Subscription } from './subscription.ts';

/** Changes where a request or an answer does in a way that clients of today would misread. */
const protocol = 1;

export function methodsOf(daemon: Daemon): ReadonlyMap<string, Method> {
  const all = {
    ...daemonMethods(daemon),
    ...channelMethods(daemon),
    ...messageMethods(daemon),
    ...fileMethods(daemon),
  };
  return new Map(Object.entries(all));
}

function daemonMethods(daemon: Daemon): Record<string, Method> {
  const { home, messenger, startedAt } = daemon;
  const subscriptions = new Map<number, Subscription>();
  let next = 1;
  return {
    ping: () => () => ({ protocol, pid: process.pid }),
    status: () => () => ({ pid: process.pid, home, name: messenger.name, startedAt: rfc3339(startedAt) }),
    reload: () => () => daemon.reload(),
    shutdown: () => () => daemon.end(),
    subscribe(params) {
      const channel = params.optionalText('channel');
      const fromUnread = params.word('from', ['now', 'unread'], 'now') === 'unread';
      return ({ signal, notify }) => {
        if (channel !== undefined) messenger.channel(channel);
        const subscription = next++;
        const tell = (event: Record<string, unknown>) => notify('event', { subscription, ...event });
        const made = new Subscription(daemon, { channel, fromUnread, signal, tell });
        subscriptions.set(subscription, made);
        // After the answer, which says what the events are to be known by.
        setImmediate(() => void made.run().finally(() => subscriptions.delete(subscription)));
        return { subscription };
      };
    },
    unsubscribe(params) {
      const subscription = params.integer('subscription');
      return () => subscriptions.get(subscription)?.end();
    },
  };
}

function channelMethods(daemon: Daemon): Record<string, Method> {
  const { messenger } = daemon;
  return {
    channels: () => () => ({ channels: messenger.channels().map(({ name }) => channelState(daemon, name)) }),
    channel(params) {
      const channel = params.text('channel');
      return () => channelState(daemon, channel);
    },
    drops(params) {
      const channel = params.text('channel');
      return async () => ({
        policy: messenger.dropPolicy(channel),
        drops: (await messenger.drops(channel)).map(dropFields),
      });
    },
    check(params) {
      const channel = params.text('channel');
      return async ({ signal }) => {
        const checked = await messenger.checkDrops(channel, undefined, signal);
        return { drops: checked.map(({ drop, findings }) => ({ ...dropFields(drop), findings })) };
      };
    },
  };
}

/** @throws SetupError with code `no-such-channel`. */
function channelState({ messenger }: Daemon, name: string): Record<string, unknown> {
  const { role, suite, receipts } = messenger.channel(name);
  const pairing = messenger.pairing(name);
  return {
    channel: name,
    role,
    suite,
    receipts,
    pairing: pairing ? pairingFields(pairing) : null,
    unread: messenger.unread(name).count,
    ...messenger.pending(name),
    kept: whyKept(messenger, name) ?? null,
  };
}

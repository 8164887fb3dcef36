/** A home with a long history, written straight into its store. */
import { randomBytes } from 'node:crypto';
import { frameKinds } from '../client/protocol/frames.ts';
import { Home } from '../client/store/home.ts';

/** Messages of one transaction. */
const atOnce = 10_000;
/** Over how long ago the messages are spread, in milliseconds: their bodies' hashes are still kept. */
const span = 10 * 86_400_000;

/** The text of one of the messages, from 0. */
export function textOf(number: number): string {
  return `message ${number} of a long friendship`;
}

/** A home in which so many messages were sent and received, half and half. */
export async function fillHome(directory: string, count: number): Promise<void> {
  const home = await Home.open(directory, undefined);
  try {
    const [channel] = home.channels.list();
    if (channel === undefined) throw new Error('a home without a channel');
    const now = Date.now();
    for (let start = 0; start < count; start += atOnce) {
      home.db.transaction(() => {
        for (let number = start; number < Math.min(count, start + atOnce); number++) {
          const sentAt = now - span + Math.floor((number / count) * span);
          addMessage(home, channel.id, number, sentAt);
        }
      });
    }
  } finally {
    home.close();
  }
}

function addMessage({ messages, inbox }: Home, channel: number, number: number, sentAt: number): void {
  const incoming = number % 2 === 0;
  const content = Buffer.from(textOf(number));
  const common = { channel, frameId: randomBytes(16), kind: frameKinds.text, sentAt, content };
  const id = messages.add(incoming ? { ...common, receivedAt: sentAt } : common, false);
  if (!incoming) return;
  messages.markShown([id], sentAt);
  inbox.markSeen(channel, randomBytes(32), sentAt);
}

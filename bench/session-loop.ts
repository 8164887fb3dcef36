/** The traffic of case `session`, alike for suite and peer: batches of messages, each batch the other way than the last. */
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';

const messageBytes = 1024;
/** As many as a drop gives or takes at once. */
const batchMessages = 10;

/** What one of both ends does with a batch: seals it, or opens it. */
export interface End<T> {
  seal(texts: readonly Uint8Array<ArrayBuffer>[]): Promise<T[]>;
  open(sealed: readonly T[]): Promise<Uint8Array[]>;
}

/**
 * Passes batches to and fro, a tenth before the clock is started. Prints how many messages a second were sealed and
 * opened. @throws Error where one does not come out as it went in.
 */
export async function measureLoop<T>(ends: readonly [End<T>, End<T>], messages: number): Promise<void> {
  const batches = Math.ceil(messages / batchMessages);
  await pass(ends, Math.ceil(batches / 10));
  const began = performance.now();
  await pass(ends, batches);
  const seconds = (performance.now() - began) / 1000;
  process.stdout.write(`${(batches * batchMessages) / seconds}\n`);
}

/** The first goes from the first end to the second. */
async function pass<T>([one, other]: readonly [End<T>, End<T>], batches: number): Promise<void> {
  for (let number = 0; number < batches; number++) {
    const [from, to] = number % 2 === 0 ? [one, other] : [other, one];
    const texts = Array.from({ length: batchMessages }, () => new Uint8Array(randomBytes(messageBytes)));
    const opened = await to.open(await from.seal(texts));
    for (const [index, text] of texts.entries()) {
      if (Buffer.compare(text, opened[index] ?? Buffer.alloc(0)) !== 0) throw new Error('not what was sealed');
    }
  }
}

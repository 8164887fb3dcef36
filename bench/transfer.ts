/** Many lines from one person's stdin to the other's stdout, with both programs running: the way `messages` and `calls` look at. */
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Bench } from './bench.ts';
import { type EndpointKind, startEndpoint, total } from './endpoints/endpoint.ts';
import { makePair, makeSignalPair } from './people.ts';
import { run } from './processes.ts';

const lineBytes = 200;

export interface Transfer {
  readonly lines: number;
  /** From before both programs were started until after both had ended. */
  readonly seconds: number;
  /** Requests that the endpoint had in that time. */
  readonly calls: number;
}

/** Lines that are all different, with a part that no compression would make small. */
export function makeLines(count: number): string {
  let text = '';
  for (let number = 0; number < count; number++) {
    const head = `${number} ${Math.imul(number + 1, 0x9e3779b1) >>> 0} `;
    text += `${head.repeat(Math.ceil(lineBytes / head.length)).slice(0, lineBytes)}\n`;
  }
  return text;
}

/** @throws Error where what came out is not, byte for byte, what went in. */
export async function transferLines(
  bench: Bench,
  kind: EndpointKind,
  suite: 'fernet' | 'signal' = 'fernet',
): Promise<Transfer> {
  const { lines } = bench.sizes;
  const folder = await bench.folder();
  const endpoint = await startEndpoint(kind, [await bench.memoryFolder()]);
  try {
    const make = suite === 'signal' ? makeSignalPair : makePair;
    const { alice, bob } = await make(bench, folder, endpoint.drops, endpoint.env);
    const [input, output] = [join(folder, 'in'), join(folder, 'out')];
    await writeFile(input, makeLines(lines));
    const before = total(await endpoint.calls());
    const [stdin, stdout] = [await open(input, 'r'), await open(output, 'w')];
    const began = performance.now();
    const listening = run({ ...bob.command(['listen', '--count', String(lines)]), stdout: stdout.fd });
    const sending = run({ ...alice.command(['send']), stdin: stdin.fd });
    await Promise.all([listening, sending]);
    const seconds = (performance.now() - began) / 1000;
    const calls = total(await endpoint.calls()) - before;
    await Promise.all([stdin.close(), stdout.close()]);
    const [sent, received] = await Promise.all([readFile(input), readFile(output)]);
    if (!sent.equals(received)) throw new Error('what was received is not what was sent');
    return { lines, seconds, calls };
  } finally {
    await endpoint.close();
  }
}

/**
 * A process for the kill tests: `node maildir-worker.ts leave|collect ADDRESS NAME MOST`, the address as JSON. It tells
 * its steps on stdout, one a line, each written before the next step begins, and goes on until it is killed; after the
 * last of the most lines it stands still, so that however late the kill comes, there is something left for the next one.
 */
import { writeSync } from 'node:fs';
import { openDrop } from '../../client/drops/registry.ts';
import { numberedBody, parseNumberedBody } from './numbered.ts';

const [task, address = '', name = '', most] = process.argv.slice(2);
let said = 0;

if (task === 'leave') await leave();
else await collect();

async function leave(): Promise<void> {
  const drop = await openDrop(JSON.parse(address), { role: 'a', style: 'btr' });
  for (let number = 0; ; number += 3) {
    const batch = [number, number + 1, number + 2].map((one) => numberedBody(name, one, (one * 7_919) % 30_000));
    await drop.leave(batch.map((body) => ({ to: 'b', body })));
    say(`left ${number + 2}`);
  }
}

async function collect(): Promise<void> {
  const drop = await openDrop(JSON.parse(address), { role: 'b', style: 'btr' });
  for await (const batch of drop.collect({ wait: true })) {
    for (const delivery of batch) {
      const { number } = parseNumberedBody(delivery.body);
      say(`got ${number}`);
      await delivery.done();
      say(`done ${number}`);
    }
  }
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
  said += 1;
  if (said === Number(most)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

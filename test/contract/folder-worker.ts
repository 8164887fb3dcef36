/**
 * A process for the folder drop's kill tests: `node folder-worker.ts leave|collect PATH NAME`. It tells its steps on
 * stdout, one a line, each written before the next step begins, and goes on until it is killed.
 */
import { writeSync } from 'node:fs';
import { openFolderDrop } from '../../client/drops/folder/folder-drop.ts';
import { numberedBody, parseNumberedBody } from './numbered.ts';

const [task, path = '', name = ''] = process.argv.slice(2);

if (task === 'leave') await leave();
else await collect();

async function leave(): Promise<void> {
  const drop = openFolderDrop({ path, role: 'a' });
  for (let number = 0; ; number += 3) {
    const batch = [number, number + 1, number + 2].map((one) => numberedBody(name, one, (one * 7_919) % 30_000));
    await drop.leave(batch.map((body) => ({ to: 'b', body })));
    say(`left ${number + 2}`);
  }
}

async function collect(): Promise<void> {
  const drop = openFolderDrop({ path, role: 'b' });
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
}

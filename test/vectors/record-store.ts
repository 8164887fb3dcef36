/**
 * Records two homes that talk, and what lies in the cloud between them, as one file for each version of the store:
 *
 *     node test/vectors/record-store.ts SUITE > test/vectors/store-VERSION.json
 *
 * Run in a checkout of the version to be recorded; a recording is never made anew. The keys in it protect nothing.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { Home } from '../../client/store/home.ts';
import { monthOf } from '../../client/store/usage.ts';
import { makePair } from '../messenger/pair.ts';
import type { Person } from '../messenger/person.ts';

const suite = process.argv[2] === 'fernet' ? 'fernet' : 'signal';
await using pair = await makePair({ suite });
const { a, b, cloud } = pair;

await a.send('the first, of a');
await b.listen();
await b.send('the first, of b', 'with ümlaut and 漢字');
await a.listen();
await b.listen();
// Left and not collected, each way, and queued and not left.
await a.send('under way to b');
await b.send('under way to a');
await a.queue('queued at a');
await b.queue('queued at b');

async function home(person: Person): Promise<Record<string, string>> {
  await person.messenger.close();
  const store = await Home.open(person.directory, undefined);
  const counts = { requests: 2, billed: 3, sent: 4, received: 5, kibHours: 6 };
  store.usage.add([{ channel: 1, month: monthOf(Date.UTC(2026, 10)), operation: 'SendMessage', ...counts }]);
  store.close();
  const file = (name: string) => brotliCompressSync(readFileSync(join(person.directory, name))).toString('base64');
  return { key: file('key'), 'btr.sqlite': file('btr.sqlite') };
}

const recording = {
  about: 'Two homes of one store version and the queues between them; files are brotli in base64. See record-store.ts.',
  suite,
  now: cloud.now,
  queues: { 'a-to-b': cloud.waiting('a-to-b'), 'b-to-a': cloud.waiting('b-to-a') },
  homes: { a: await home(a), b: await home(b) },
};
process.stdout.write(`${JSON.stringify(recording, undefined, 1)}\n`);

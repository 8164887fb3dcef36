/** The loop that anybody would write over SFTP: write and rename one, read one, remove it. Prints how many a second. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import type { SFTPWrapper } from 'ssh2';
import ssh2 from 'ssh2';

type Answer<T> = (error: Error | null | undefined, result: T) => void;

const [uri = '', count = '1'] = process.argv.slice(2);
const { hostname, port, username, pathname, searchParams } = new URL(uri);
const client = new ssh2.Client();
const privateKey = await readFile(searchParams.get('identity') ?? '');
client.connect({ host: hostname, port: Number(port), username, privateKey });
await once(client, 'ready');
// Without this a loop waits 40 ms at each request, and nobody would keep it like that.
client.setNoDelay(true);
const sftp = await answer<SFTPWrapper>((done) => client.sftp(done));
const [part, path] = [`${pathname}/part`, `${pathname}/message`];
const began = performance.now();
for (let number = 0; number < Number(count); number++) {
  const text = String(number).padEnd(200, '.');
  await answer<void>((done) => sftp.writeFile(part, text, (error) => done(error, undefined)));
  await answer<void>((done) => sftp.rename(part, path, (error) => done(error, undefined)));
  const read = await answer<Buffer>((done) => sftp.readFile(path, done));
  if (read.toString() !== text) throw new Error('not what was written');
  await answer<void>((done) => sftp.unlink(path, (error) => done(error, undefined)));
}
process.stdout.write(`${Number(count) / ((performance.now() - began) / 1000)}\n`);
client.end();

function answer<T>(ask: (done: Answer<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => ask((error, result) => (error ? reject(error) : resolve(result))));
}

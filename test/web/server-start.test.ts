/** How `btr web` begins: the browser it opens, and what it says where it can't. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import test, { after, before } from 'node:test';
import { type Person, Stage } from '../tools/stage.ts';
import { startWeb } from '../tools/web.ts';

let stage: Stage;
let alice: Person;

before(async () => {
  stage = await Stage.make();
  ({ alice } = await stage.folderPair());
});

after(() => stage[Symbol.asyncDispose]());

/** What stands in for the program that opens files: it follows the link as a browser would, and tells what it saw. */
const opener = `#!${process.execPath}
const { existsSync, readFileSync, statSync } = require('node:fs');
const { get, request } = require('node:http');
const args = process.argv.slice(2);
const [mode, page] = [statSync(args[0]).mode & 0o777, readFileSync(args[0], 'utf8')];
const link = /url=([^"]+)"/.exec(page)[1];
const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
get(link, { headers }, ({ statusCode }) => {
  const report = () => {
    if (existsSync(args[0])) return setTimeout(report, 10);
    request(process.env.REPORT, { method: 'POST' }).end(JSON.stringify({ args, mode, link, statusCode }));
  };
  report();
});
`;

test('the browser is opened by a file that only its owner can read and that goes away, with no token in any argument', async () => {
  const folder = stage.path('opener');
  await mkdir(folder);
  await mkdir(stage.path('tmp'));
  for (const name of ['xdg-open', 'open']) await writeFile(`${folder}/${name}`, opener, { mode: 0o755 });
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const env = { PATH: folder, TMPDIR: stage.path('tmp'), REPORT: `http://127.0.0.1:${address.port}/` };
  const reported = once(server, 'request');
  const live = alice.start(['web', '--json'], { env });
  const [request, response] = await reported;
  const { args, mode, link, statusCode }: Record<string, unknown> = Object(await json(request));
  response.end();
  server.close();
  assert.deepEqual([mode, statusCode], [0o600, 200]);
  assert.deepEqual(live.events, [{ event: 'web', url: link }]);
  const token = new URL(String(link)).searchParams.get('token');
  assert.ok(token && !String(args).includes(token));
  assert.deepEqual(await readdir(stage.path('tmp')), []);
  assert.equal((await live.kill('SIGINT')).code, 130);
});

test('where no browser can be started the link is still there, and no file is left behind', async () => {
  await mkdir(stage.path('empty'));
  const live = alice.start(['web', '--json'], { env: { PATH: stage.path('empty'), TMPDIR: stage.path('empty') } });
  await live.untilText(/No browser could be started here/);
  assert.equal(live.events.length, 1);
  assert.equal((await live.kill('SIGTERM')).code, 130);
  assert.deepEqual(await readdir(stage.path('empty')), []);
});

test('a port that is taken is said', async () => {
  const { live, link } = await startWeb(alice);
  const { code, lines } = await alice.run(['web', '--no-open', '--json', '--port', new URL(link).port]);
  assert.equal(code, 2);
  assert.equal(JSON.parse(lines[0] ?? '').code, 'port-taken');
  assert.equal((await live.kill('SIGINT')).code, 130);
});

test('the link comes before anything is asked of a drop, so that a drop that hangs holds up nothing', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  assert.ok(address !== null && typeof address === 'object');
  const endpoint = `http://127.0.0.1:${address.port}`;
  const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-central-1' };
  const env = { ...keys, AWS_ENDPOINT_URL: endpoint };
  const queue = (name: string) => `${endpoint}/000000000000/${name}.fifo`;
  const drop = { kind: 'aws', queues: { 'a-to-b': queue('a'), 'b-to-a': queue('b') }, region: 'eu-central-1' };
  const person = (await stage.pairAt(drop, { a: env, b: env })).alice;
  const { live } = await startWeb(person);
  assert.equal((await live.kill('SIGINT')).code, 130);
  silent.closeAllConnections();
  silent.close();
});

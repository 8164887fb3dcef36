/** `btr demo`, the program's first impression: the whole story, in order, with nothing left behind. */
import assert from 'node:assert/strict';
import { mkdir, readdir } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { eventsOf } from './tools/btr.ts';
import { Stage } from './tools/stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

const story = [
  /two FIFO queues and a bucket, as cdk deploy makes them/,
  /1\. A wrong PIN burns the invite/,
  /alice writes +Good morning, bob ☀️\n +The keys are under the third flower pot\./,
  /Kept until bob has joined\./,
  /alice mails +btr1-[A-Za-z0-9_-]+… \(\d{3} characters\)/,
  /alice calls +and says: the PIN is \d{3} \d{3}\n +bob types +\d{3} \d{3}/,
  /alice is told +Somebody answered the invite with a wrong PIN\..*burned/,
  /bob is told +alice did not let you in: the PIN was wrong/,
  /2\. A new invite and the right PIN/,
  /alice is told +bob has joined\./,
  /bob is told +alice has confirmed/,
  /bob reads +Good morning, bob ☀️\n +The keys are under/,
  /alice sees +(safety number \d{5} \d{5} … \d{5})\n +bob sees +\1/,
  /bob writes +Found them 🔑/,
  /the cloud sees +[0-9,]+ characters: [A-Za-z0-9_-]{44}…/,
  /alice reads +Found them 🔑 — grüße an alle, 你好/,
  /bob sees +delivered/,
  /3\. A file of 64\.0 MiB/,
  /bob has +holiday\.mov, verified/,
  /the same bytes on both sides: yes/,
  /4\. The two swap roles/,
  /bob reads +Now I send on the other queue\./,
  /alice reads +And I on yours\./,
  /5\. Somebody in the cloud alters a body/,
  /bob is told +A body could not be opened: altered on the way/,
  /bob reads +Bring the map\./,
  /Nothing of this left your machine, and nothing of it is kept\./,
];

describe('btr demo', { concurrency: true }, () => {
  test('the demo tells its story in an empty environment and leaves nothing behind', async () => {
    const temporary = stage.path('temporary');
    await mkdir(temporary);
    const env = { PATH: stage.env.PATH, TMPDIR: temporary, NODE_COMPILE_CACHE: stage.env.NODE_COMPILE_CACHE };
    const { code, stdout, stderr } = await stage.run(['demo'], { env, patience: 120_000 });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    let at = 0;
    for (const pattern of story) {
      const found = pattern.exec(stdout.slice(at));
      assert.ok(found, `${pattern} is missing behind:\n${stdout.slice(0, at)}`);
      at += found.index;
    }
    const clouds = stdout.split('\n').filter((line) => line.includes('the cloud sees'));
    for (const text of ['flower', 'Found', 'map', 'eight']) assert.ok(!clouds.some((line) => line.includes(text)));
    assert.deepEqual(await readdir(temporary), []);
  });

  test('--json carries the events on stdout and the story on stderr', async () => {
    const { code, stdout, stderr } = await stage.run(['demo', '--json'], { patience: 120_000 });
    assert.equal(code, 0);
    const kinds = new Set(eventsOf(stdout).map(({ event }) => event));
    for (const kind of ['message', 'file', 'status', 'notice', 'progress']) assert.ok(kinds.has(kind), kind);
    assert.match(stderr, /the same bytes on both sides: yes/);
  });
});

/**
 * `btr send` and `btr listen` are killed at random moments and started again until all is through. Nothing is lost,
 * doubled or out of order in the history of either side. On stdout everything comes at least once: what was shown just
 * before a kill may be shown again directly after it, with the same id.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventsOf, type JsonEvent } from '../tools/btr.ts';
import { invites, joins, newcomer, settle } from '../tools/invited.ts';
import { wordsOf } from '../tools/said.ts';
import { seed } from '../tools/seed.ts';
import { type Pair, type Person, Stage } from '../tools/stage.ts';
import { chanceFor, impatientCloud, killAfter, killCount, timeFor } from './kills.ts';

const chunk = 10;
/** A home marks what it has shown in batches; so much may come again after a kill. */
const mostRepeats = 101;

interface Story extends Pair {
  readonly label: string;
  readonly kills: number;
}

/** Sends numbered lines in processes that are killed. Answers how many lines were sent in all. */
async function sendUnderKills({ alice, label, kills }: Story): Promise<number> {
  const chance = chanceFor(`${label} send`);
  let sent = 0;
  for (let killed = 0; killed < kills; ) {
    const sending = alice.start(['send', 'bob', '--json'], { input: 'open' });
    const chunks = chance.below(5);
    const fed = feed(sending, sent, chunks).catch(() => {});
    if (chunks > 0) await Promise.race([fed, sending.ended]);
    if (await killAfter(sending, chance.below(chunks > 0 ? 25 : 250))) killed++;
    await fed;
    sent = await countSent(alice, sent);
  }
  const last = alice.start(['send', 'bob', '--json'], { input: 'open' });
  await feed(last, sent, 2);
  last.child.stdin.end();
  const { code, stderr } = await last.ended;
  assert.equal(code, 0, stderr);
  return countSent(alice, sent);
}

/** Writes chunks of lines, each once the one before is queued. */
async function feed(sending: ReturnType<Person['start']>, from: number, chunks: number): Promise<void> {
  for (let index = 0; index < chunks; index++) {
    const lines = Array.from({ length: chunk }, (_, line) => `message ${from + index * chunk + line}\n`);
    sending.child.stdin.write(lines.join(''));
    const queued = (index + 1) * chunk;
    await sending.until(({ stdout }) => (stdout.match(/"queued"/g)?.length ?? 0) >= queued, `${queued} were queued`);
  }
}

/** How many lines are in the sender's history, which must be all up to there. */
async function countSent(alice: Person, before: number): Promise<number> {
  const texts = await alice.within((messenger) => wordsOf(messenger, 'bob'));
  assert.ok(texts.length >= before, 'the sender lost what it had queued');
  assert.deepEqual(texts, numbered(texts.length));
  return texts.length;
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `message ${index}`);
}

/** Listens in processes that are killed until all was sent, then to the end. Answers what each process showed. */
async function listenUnderKills({ bob, label, kills }: Story, total: Promise<number>): Promise<JsonEvent[][]> {
  const chance = chanceFor(`${label} listen`);
  const runs: JsonEvent[][] = [];
  for (let killed = 0; killed < kills; killed++) {
    const listening = bob.start(['listen', '--json']);
    const wanted = chance.below(40);
    const enough = listening.until(({ events }) => messagesOf(events).length >= wanted, `it showed ${wanted}`);
    await Promise.race([enough.catch(() => {}), sleep(1500)]);
    assert.ok(await killAfter(listening, chance.below(30)), 'listen ended by itself');
    runs.push(messagesOf(listening.events));
  }
  const count = await total;
  const seen = () => new Set(runs.flat().map(({ id }) => id)).size;
  if (seen() < count) {
    const last = bob.start(['listen', '--json']);
    const known = new Set(runs.flat().map(({ id }) => id));
    const holds = ({ events }: { events: JsonEvent[] }) =>
      new Set([...known, ...messagesOf(events).map(({ id }) => id)]).size >= count;
    await last.until(holds, 'everything was shown');
    await last.kill('SIGINT');
    runs.push(messagesOf(last.events));
  }
  return runs;
}

function messagesOf(events: readonly JsonEvent[]): JsonEvent[] {
  return events.filter(({ event }) => event === 'message');
}

/** Every run goes on where the one before ended, or a little before that. */
function checkRuns(runs: readonly JsonEvent[][], count: number): void {
  let next = 0;
  for (const [index, run] of runs.entries()) {
    const first = run[0] ? numberOf(run[0]) : next;
    assert.ok(first <= next && next - first <= mostRepeats, `run ${index} begins at ${first}, after ${next}`);
    assert.deepEqual(
      run.map(({ text }) => text),
      run.map((_, offset) => `message ${first + offset}`),
    );
    next = Math.max(next, first + run.length);
  }
  assert.equal(next, count);
  const ids = new Map<unknown, unknown>();
  for (const { id, text } of runs.flat()) {
    assert.equal(ids.get(text) ?? id, id, `${text} came under two ids`);
    ids.set(text, id);
  }
}

function numberOf({ text }: JsonEvent): number {
  return Number(String(text).slice('message '.length));
}

async function survive(story: Story): Promise<void> {
  const total = sendUnderKills(story);
  const [count, runs] = await Promise.all([total, listenUnderKills(story, total)]);
  checkRuns(runs, count);
  const { alice, bob } = story;
  const { stdout } = await bob.run(['history', '--json']);
  const history = eventsOf(stdout);
  // A pairing has taken numbers before.
  const first = Number(history[0]?.seq);
  assert.deepEqual(
    history.map(({ seq, text }) => [seq, text]),
    numbered(count).map((text, index) => [first + index, text]),
  );
  // Acknowledgements that a kill caught are made up for; a queue hides what a killed process had taken for a while.
  for (let rounds = 0; (await undelivered(alice)) > 0; rounds++) {
    assert.ok(rounds < 20, 'not everything is acknowledged');
    assert.deepEqual(await bob.listens(), [], 'something was shown once more');
    await alice.listens();
  }
}

function undelivered(alice: Person): Promise<number> {
  return alice.within((messenger) => {
    const { queued, sent } = messenger.pending('bob');
    return queued + sent;
  });
}

const folderKills = killCount(0.18);
test(`folder: kills lose, double and mix up nothing (seed ${seed})`, timeFor(folderKills * 2), async () => {
  await using stage = await Stage.make();
  await survive({ ...(await stage.folderPair()), label: 'folder', kills: folderKills });
});

const sessionKills = killCount(0.1);
test(
  `ratcheted sessions: kills lose, double and mix up nothing (seed ${seed})`,
  timeFor(sessionKills * 2),
  async () => {
    await using stage = await Stage.make();
    const [alice, bob] = [await newcomer(stage, 'alice'), await newcomer(stage, 'bob')];
    const invited = await invites(alice, 'bob', '--as', 'a', '--drop', `folder:${stage.path('drop')}`);
    const { code, stderr } = await joins(bob, invited, invited.pin, '--name', 'alice');
    assert.equal(code, 0, stderr);
    await settle(alice, bob);
    await survive({ alice, bob, label: 'sessions', kills: sessionKills });
    const { stdout } = await bob.run(['listen', '--once', '--json']);
    assert.deepEqual(
      eventsOf(stdout).filter(({ event }) => event === 'notice'),
      [],
    );
  },
);

const cloudKills = killCount(0.14);
test(`embedded cloud: kills lose, double and mix up nothing (seed ${seed})`, timeFor(cloudKills * 2), async () => {
  await using stage = await Stage.make();
  await using cloud = await impatientCloud(stage);
  const pair = await stage.cloudPair('fernet', { AWS_ENDPOINT_URL: cloud.endpoint });
  await survive({ ...pair, label: 'cloud', kills: cloudKills });
});

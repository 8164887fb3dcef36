/**
 * Uploads and downloads are killed at random moments and started again: they go on where they were, nothing is half
 * written, and a file is announced once.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { eventsOf } from '../tools/btr.ts';
import { seed } from '../tools/seed.ts';
import { type Pair, type Person, Stage } from '../tools/stage.ts';
import { chanceFor, impatientCloud, killAfter, killCount, timeFor } from './kills.ts';

const size = 56 * 1024 * 1024;
/** Files that got through before any kill are no test; so often another one is tried. */
const mostFiles = 6;

interface Story extends Pair {
  readonly label: string;
  readonly kills: number;
  readonly stage: Stage;
  /** Milliseconds after its first progress within which a process is killed. */
  readonly moment: number;
  /** How often parts were put and got so far, and uploads begun; undefined where nobody counts. */
  readonly calls: () => { puts: number; gets: number; begun: number } | undefined;
}

/** Parts that this home's journal has of the transfer under way. */
function journaled({ home }: Person): number {
  const store = new DatabaseSync(join(home, 'btr.sqlite'));
  try {
    return Number(store.prepare('SELECT count(*) AS parts FROM transfer_parts').get()?.parts);
  } finally {
    store.close();
  }
}

/**
 * Starts a command until it ends by itself, killing it up to `kills` times a little after its first progress. The last
 * run may only put or get what the journal did not have. Answers how often it was killed.
 */
async function untilDone(
  story: Story,
  person: Person,
  args: readonly string[],
  way: 'puts' | 'gets',
  kills: number,
  finished: () => Promise<number>,
): Promise<number> {
  const chance = chanceFor(`${story.label} ${way} ${kills}`);
  const begun = story.calls()?.begun;
  const files = await finished();
  const stale = journaled(person);
  let largest = 0;
  for (let killed = 0; ; killed++) {
    const before = { parts: journaled(person) - stale, calls: story.calls() };
    const live = person.start([...args, '--json']);
    if (killed < kills) {
      await live.until(({ stdout }) => stdout.includes('"progress"'), 'it moved').catch(() => {});
      if (await killAfter(live, chance.below(story.moment))) {
        largest = Math.max(largest, before.parts);
        // It was killed when all was done but its end: a notice goes out with whatever comes next.
        if ((await finished()) > files) {
          if (way === 'puts') await person.listens();
          return killed + 1;
        }
        continue;
      }
    }
    const { code, stderr } = await live.ended;
    assert.equal(code, 0, stderr);
    assert.equal(journaled(person), stale, 'the journal outlives its transfer');
    const now = story.calls();
    if (now && before.calls && killed > 0) {
      const parts = now[way] - before.calls[way];
      const all = await partsOf(story, way);
      assert.equal(parts, all - before.parts, `${before.parts} of ${all} parts were there, and ${parts} went again`);
    }
    if (now && way === 'puts') assert.equal(now.begun, (begun ?? 0) + 1, 'the upload was started over');
    assert.ok(before.parts >= largest, 'a kill lost parts that were there');
    return killed;
  }
}

function sentFiles(person: Person): Promise<number> {
  return person.within((messenger) => {
    const [channel] = messenger.channels();
    return messenger.files(channel?.name ?? '').filter(({ outgoing }) => outgoing).length;
  });
}

/** Files that stand under their names. */
async function savedFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.filter((name) => !name.startsWith('.') && !name.endsWith('.part'));
}

/** How many parts the file has on its way: measured once with a file that nobody kills. */
const measured = new Map<string, number>();

async function partsOf({ label }: Story, way: string): Promise<number> {
  const parts = measured.get(`${label} ${way}`);
  if (parts === undefined) throw new Error('not measured');
  return parts;
}

async function moveFile(story: Story, name: string, kills: { up: number; down: number }): Promise<number> {
  const { alice, bob, stage, label } = story;
  const path = stage.path(name);
  const content = randomBytes(size);
  await writeFile(path, content);
  const began = story.calls();
  let killed = await untilDone(story, alice, ['send', '--file', path], 'puts', kills.up, () => sentFiles(alice));
  const middle = story.calls();
  const { stdout } = await bob.run(['listen', '--count', '1', '--json']);
  const [file, ...more] = eventsOf(stdout).filter(({ event }) => event === 'file');
  assert.deepEqual(more, [], 'the file was announced twice');
  const inbox = stage.path(`inbox-${name}`);
  const get = ['get', String(file?.id), '--out', `${inbox}/`];
  killed += await untilDone(story, bob, get, 'gets', kills.down, async () => (await savedFiles(inbox)).length);
  const ended = story.calls();
  if (began && middle && ended && kills.up + kills.down === 0) {
    measured.set(`${label} puts`, middle.puts - began.puts);
    measured.set(`${label} gets`, ended.gets - middle.gets);
  }
  assert.deepEqual(await readdir(inbox), [name], 'something half written is left');
  assert.ok(content.equals(await readFile(join(inbox, name))), 'the file is another');
  return killed;
}

async function survive(story: Story): Promise<void> {
  if (story.calls()) await moveFile(story, 'measured.bin', { up: 0, down: 0 });
  let left = story.kills;
  for (let index = 0; left > 0; index++) {
    assert.ok(index < mostFiles + story.kills, 'the files get through before they can be killed');
    const up = Math.min(3, Math.ceil(left / 2));
    left -= await moveFile(story, `file-${index}.bin`, { up, down: Math.min(3, left - up) });
  }
  const { stdout } = await story.bob.run(['history', '--json']);
  const ids = eventsOf(stdout).map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
}

const folderKills = killCount(0.16);
test(`folder: transfers that are killed go on (seed ${seed})`, timeFor(folderKills), async () => {
  await using stage = await Stage.make();
  const pair = await stage.folderPair();
  await survive({ ...pair, stage, label: 'folder', moment: 15, kills: folderKills, calls: () => undefined });
});

const cloudKills = killCount(0.2);
test(
  `embedded cloud: transfers that are killed go on where they were (seed ${seed})`,
  timeFor(cloudKills),
  async () => {
    await using stage = await Stage.make();
    const cloud = await stage.cloud();
    await using endpoint = await impatientCloud(stage);
    const pair = await stage.cloudPair('fernet', { AWS_ENDPOINT_URL: endpoint.endpoint });
    const calls = () => {
      const { UploadPart = 0, GetObject = 0, CreateMultipartUpload = 0 } = cloud.calls();
      return { puts: UploadPart, gets: GetObject, begun: CreateMultipartUpload };
    };
    await survive({ ...pair, stage, label: 'cloud', moment: 120, kills: cloudKills, calls });
  },
);

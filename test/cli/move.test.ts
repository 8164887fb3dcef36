/** `btr channel set --drop`: moving a channel to another drop, each side by itself. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { CloudChannel } from '../../client/cloud/index.ts';
import { eventsOf, textsOf } from '../tools/btr.ts';
import { expectEnd, invites, joins, newcomer, settle } from '../tools/invited.ts';
import { type Pair, type Person, Stage } from '../tools/stage.ts';
import { sqsError, stubEndpoint } from '../tools/stub.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

let folders = 0;

/** The URI of a folder that is not there yet. */
function newFolder(): string {
  folders += 1;
  return `folder:${stage.path(`new-${folders}`)}`;
}

function moves(person: Person, uri: string, ...args: string[]) {
  return person.run(['channel', 'set', '--drop', uri, ...args]);
}

async function sends(person: Person, ...texts: string[]): Promise<void> {
  const { code, stderr } = await person.run(['send'], { input: texts.map((text) => `${text}\n`).join('') });
  assert.equal(code, 0, stderr);
}

/** Neither side has anything that is not acknowledged. */
async function assertSettled({ alice, bob }: Pair): Promise<void> {
  for (const person of [alice, bob]) {
    const [shown] = eventsOf((await person.run(['channel', 'show', '--json'])).stdout);
    assert.deepEqual([shown?.queued, shown?.sent, shown?.quarantined], [0, 0, 0]);
  }
}

/** What cdk deploy would write for a channel of the embedded cloud. */
function outputsOf({ address, bucket }: CloudChannel, region: string): string {
  const { queues } = address;
  const output = (buddy: string, role: string) =>
    JSON.stringify({ btr: 1, stack: 'Btr-new', buddy, role, region, account: '000000000000', queues, bucket });
  return JSON.stringify({ 'Btr-new': { ClientAlice: output('alice', 'a'), ClientBob: output('bob', 'b') } });
}

// Processes wait for one another most of the time, so several tests go side by side.
describe('moving', { concurrency: 2 }, () => {
  test('folder: what was on its way comes once and in order, and a listener that runs goes over by itself', async () => {
    const pair = await stage.folderPair();
    const { alice, bob } = pair;
    await sends(alice, 'a0', 'a1');
    await sends(bob, 'b0');
    const listening = alice.start(['listen', '--json']);
    await listening.until(({ events }) => textsOf(events).length === 1, 'b0 was shown');
    const uri = newFolder();
    const moved = await expectEnd(
      moves(alice, uri),
      0,
      /^Channel bob goes over folder .*new-\d+ now\.\nbob has to move as well, to the other side of that drop\. 2 messages/,
      /^$/,
    );
    assert.doesNotMatch(moved.stderr, /stay in the old drop/);
    await sends(bob, 'b1');
    await sends(alice, 'a2');
    const { stdout } = await moves(bob, uri, '--as', 'b', '--json');
    const told = eventsOf(stdout).find(({ event }) => event === 'moved');
    const { drop, again, ...rest } = told ?? {};
    assert.deepEqual(rest, { event: 'moved', channel: 'alice', role: 'b', sentFiles: [], lostFiles: [] });
    assert.match(String(drop), /^folder .*new-\d+$/);
    assert.ok(again === 1 || again === 2, `b1 is not acknowledged, b0 may be: ${again}`);
    assert.deepEqual(await bob.listens(), ['a0', 'a1', 'a2']);
    await listening.until(({ events }) => textsOf(events).length === 2, 'b1 was shown');
    assert.deepEqual(textsOf(listening.events), ['b0', 'b1']);
    await listening.kill('SIGTERM');
    await settle(alice, bob);
    await assertSettled(pair);
    assert.match((await alice.run(['channel', 'show'])).stdout, /folder .*new-\d+\n/);
  });

  test('embedded cloud: to another stack, with a message that goes beside the queue, by URI and by outputs', async () => {
    const { channel: _old, ...pair } = await stage.cloudPair();
    const { alice, bob } = pair;
    const cloud = await stage.cloud();
    const next = cloud.makeChannel({ a: 'newalice', b: 'newbob' });
    const large = 'x'.repeat(900_000);
    await sends(alice, 'a0', large);
    const { 'a-to-b': tx, 'b-to-a': rx } = next.queues;
    await expectEnd(moves(alice, `aws:tx=${tx},rx=${rx},bucket=${next.bucket}`), 0, /Channel bob goes over aws queues/);
    await sends(bob, 'b0');
    const file = stage.path('new-outputs.json');
    await writeFile(file, outputsOf(next, cloud.region));
    await expectEnd(bob.run(['channel', 'set', '--outputs', file]), 0, /alice has to move as well/);
    assert.deepEqual(await bob.listens(), ['a0', large]);
    assert.deepEqual(await alice.listens(), ['b0']);
    await bob.listens();
    await assertSettled(pair);
  });

  test('files in the old drop are named: those not fetched hold the move up, those sent are to be sent again', async () => {
    const { alice, bob } = await stage.folderPair();
    const path = stage.path('notes.txt');
    await writeFile(path, 'some notes');
    assert.equal((await alice.run(['send', '--file', path])).code, 0);
    await bob.listens();
    const uri = newFolder();
    const stays =
      /files of yours stay in the old drop: [0-9a-f]{8} \(notes\.txt\)\. Send again what bob has not fetched/;
    await expectEnd(moves(alice, uri), 0, stays);
    const listed = await alice.run(['files']);
    assert.match(listed.stdout, /notes\.txt {2}\(sent, left-behind\)/);
    const recall = alice.run(['files', '--recall', listed.stdout.slice(0, 8)]);
    await expectEnd(
      recall,
      0,
      /^notes\.txt stays until .* in the drop .* before\. The btr of bob is asked not to fetch/,
    );
    await expectEnd(
      moves(bob, uri),
      3,
      /would stay in the old drop: [0-9a-f]{8}\.\nFetch them first: btr get [0-9a-f]{8}\./,
    );
    await expectEnd(moves(bob, uri, '--force'), 0, /can't be fetched any more: [0-9a-f]{8} \(notes\.txt\)\. Ask alice/);
  });

  test('an old drop that is gone: nothing is changed without --force, and nothing lost with it', async () => {
    const { alice, bob } = await stage.folderPair();
    await sends(alice, 'a0');
    await sends(bob, 'b0');
    const old = await alice.within((messenger) => String(messenger.channel('bob').drop.path));
    await rm(old, { recursive: true });
    const uri = newFolder();
    await expectEnd(moves(alice, uri), 4, /^btr: The old drop can't be emptied, so nothing was changed\..*\n.*--force/);
    assert.match((await alice.run(['channel', 'show'])).stdout, /drop-\d+\n/);
    const forced = /The old drop was not emptied: .* What waited there for you goes out again when bob moves\./;
    await expectEnd(moves(alice, uri, '--force'), 0, forced);
    await expectEnd(moves(bob, uri, '--force'), 0, /goes out again when alice moves/);
    assert.deepEqual(await bob.listens(), ['a0']);
    assert.deepEqual(await alice.listens(), ['b0']);
  });

  test('btrchat says that it knows of nothing that was left', async () => {
    const alice = await newcomer(stage, 'alice');
    const add = ['channel', 'add', 'bob', '--as', 'a', '--drop', newFolder(), '--suite', 'btrchat'];
    await expectEnd(alice.run(add, { env: { BTR_PIN: '1234' } }), 0, /./);
    await expectEnd(moves(alice, newFolder()), 0, /Without acknowledgements, what bob has not fetched .* stays there/);
  });

  test('what can not be moved, or not like that, is refused, and nothing is changed', async () => {
    const { alice } = await stage.folderPair();
    const uri = newFolder();
    const calls: readonly (readonly [string[], number, RegExp])[] = [
      [['--as', 'a'], 2, /Which drop\?\nGive one of --drop URI, --outputs FILE or --stack NAME/],
      [['--force'], 2, /Which drop\?/],
      [['--drop', uri, '--stack', 'S'], 2, /One drop at a time/],
      [
        ['--drop', uri, '--as', 'b'],
        2,
        /You are a in this channel, and stay it: b is the other side.*\nLeave --as out/,
      ],
      [['--drop', uri, '--as', 'bob'], 2, /"bob" is not a side of this drop/],
      [['--drop', uri, '--name', 'x'], 2, /A channel moves by a command of its own/],
      [['--drop', `${uri}/not/there`], 4, /not\/there/],
      [['--outputs', 'nowhere.json'], 3, /outputs file can't be read: nowhere\.json/],
    ];
    for (const [args, code, pattern] of calls) await expectEnd(alice.run(['channel', 'set', ...args]), code, pattern);
    const old = await alice.within((messenger) => String(messenger.channel('bob').drop.path));
    await expectEnd(moves(alice, `folder:${old}`), 2, /^btr: Channel bob goes over that drop already\./);
    const { alice: plain } = await stage.folderPair('plain');
    const aws = `aws:tx=x.fifo,rx=y.fifo,region=us-east-1`;
    const cloud = await stage.cloud();
    const { queues } = cloud.makeChannel({ a: 'plaina', b: 'plainb' });
    const real = aws.replace('x.fifo', queues['a-to-b']).replace('y.fifo', queues['b-to-a']);
    const env = { ...cloud.env };
    await expectEnd(plain.run(['channel', 'set', '--drop', real], { env }), 2, /Suite plain encrypts nothing/);
    await expectEnd(plain.run(['channel', 'set', '--drop', aws], { env }), 4, /x\.fifo/);
  });

  test('an open invite and a join that is not confirmed hold the move up, until their next step is taken', async () => {
    const [alice, bob] = [await newcomer(stage, 'alice'), await newcomer(stage, 'bob')];
    const [first, second, third] = [newFolder(), newFolder(), newFolder()];
    await invites(alice, 'bob', '--as', 'a', '--drop', first);
    await expectEnd(moves(alice, second), 3, /invite for bob that is still open.*\n.*btr invite bob --cancel/);
    await expectEnd(alice.run(['invite', 'bob', '--cancel']), 0, /./);
    await sends(alice, 'a0');
    await expectEnd(moves(alice, second), 0, /A message not acknowledged yet/);
    const invited = await invites(alice, 'bob');
    await expectEnd(joins(bob, invited, invited.pin), 0, /./);
    await expectEnd(
      moves(bob, third),
      3,
      /^btr: Your join is not confirmed yet.*\nListen until alice has confirmed it/,
    );
    await settle(alice, bob);
    await sends(alice, 'a1');
    for (const person of [alice, bob]) assert.equal((await moves(person, third)).code, 0);
    await settle(alice, bob);
    const { lines } = await bob.run(['history', '--json']);
    assert.deepEqual(textsOf(eventsOf(`${lines.join('\n')}\n`)), ['a0', 'a1']);
  });

  test('a buddy who gets to the new drop by a new invite moves by it, and nothing on its way is lost', async () => {
    const [alice, bob] = [await newcomer(stage, 'alice'), await newcomer(stage, 'bob')];
    const invited = await invites(alice, 'bob', '--as', 'a', '--drop', newFolder());
    await joins(bob, invited, invited.pin);
    await settle(alice, bob);
    await settle(alice, bob);
    await sends(alice, 'a0');
    await sends(bob, 'b0');
    assert.equal((await moves(alice, newFolder())).code, 0);
    await sends(alice, 'a1');
    await sends(bob, 'b1');
    const again = await invites(alice, 'bob', '--replace');
    await expectEnd(joins(bob, again, again.pin, '--replace'), 0, /./);
    await settle(alice, bob);
    await settle(alice, bob);
    const texts = async (person: Person) => textsOf(eventsOf((await person.run(['history', '--json'])).stdout));
    assert.deepEqual((await texts(alice)).sort(), ['a0', 'a1', 'b0', 'b1']);
    assert.deepEqual((await texts(bob)).sort(), ['a0', 'a1', 'b0', 'b1']);
    await assertSettled({ alice, bob });
  });

  test('a new drop that may not be written to: what waits is said to wait, and goes once it may', async () => {
    const pair = await stage.folderPair();
    const { alice, bob } = pair;
    const cloud = await stage.cloud();
    const { queues } = cloud.makeChannel({ a: 'refuseda', b: 'refusedb' });
    let refuses = true;
    await using stub = await stubEndpoint(cloud.endpoint, (action) =>
      refuses && action.startsWith('SendMessage') ? sqsError(403, 'AccessDenied') : undefined,
    );
    const env = { ...cloud.env, AWS_ENDPOINT_URL: stub.endpoint };
    const move = ['channel', 'set', '--drop'];
    await sends(alice, 'a0');
    const to = `aws:tx=${queues['a-to-b']},rx=${queues['b-to-a']}`;
    const waits = /Not in the new drop yet: .*It goes with the next btr send or btr listen\./;
    await expectEnd(alice.run([...move, to], { env }), 0, waits);
    refuses = false;
    assert.equal((await alice.run(['send', 'a1'], { env })).code, 0);
    const from = `aws:tx=${queues['b-to-a']},rx=${queues['a-to-b']}`;
    await expectEnd(bob.run([...move, from], { env }), 0, /Channel alice goes over aws/);
    assert.deepEqual((await bob.run(['listen', '--once'], { env })).lines, ['a0', 'a1']);
  });
});

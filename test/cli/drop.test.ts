/** `btr drop`: several drops of one channel, as people and scripts use them. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { eventsOf, textsOf } from '../tools/btr.ts';
import { expectEnd, settle } from '../tools/invited.ts';
import { type Pair, type Person, Stage } from '../tools/stage.ts';
import { drop, dropsOf, idAt, newFolder } from './drop-tools.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

/** Where this home's only channel has its first drop. */
function firstFolder(person: Person): Promise<string> {
  return person.within((messenger) => String(messenger.channels()[0]?.drop.path));
}

async function sends(person: Person, ...texts: string[]): Promise<void> {
  const { code, stderr } = await person.run(['send'], { input: texts.map((text) => `${text}\n`).join('') });
  assert.equal(code, 0, stderr);
}

/** Both go over one more folder: alice adds it, bob says yes. Answers its path. */
async function addForBoth({ alice, bob }: Pair): Promise<string> {
  const path = newFolder(stage);
  await expectEnd(drop(alice, 'add', `folder:${path}`), 0, /./);
  await bob.listens();
  await expectEnd(drop(bob, 'add', await idAt(bob, path), '--yes'), 0, /as well/);
  return path;
}

const id = '[0-9a-f]{8}';

// Processes wait for one another most of the time, so several tests go side by side.
describe('drop', { concurrency: 2 }, () => {
  test('added on one side, used on the other after a yes, and both go on when the first folder goes', async () => {
    const pair = await stage.folderPair();
    const { alice, bob } = pair;
    const path = newFolder(stage);
    const added = await drop(alice, 'add', `folder:${path}`);
    assert.equal(added.code, 0, added.stderr);
    assert.match(
      added.stderr,
      new RegExp(`^Channel bob goes over folder ${path} as well, id ${id}\\.\nbob hears of it`),
    );
    const heard = await bob.run(['listen', '--once']);
    assert.match(heard.stderr, new RegExp(`folder.*${path}`));
    const offered = await expectEnd(
      drop(bob, 'list'),
      0,
      /alice offers .*folder on this machine.*\nTo use it: btr drop add/,
    );
    assert.match(
      offered.stdout,
      new RegExp(`^${id} {2}1\\. {7}folder .*drop-\\d+\n${id} {2}offered {2}folder ${path}\n$`),
    );
    const shown = await idAt(bob, path);
    await expectEnd(drop(bob, 'add', shown), 2, /^btr: This wants a yes\.\n.*--yes\.\n.*folder on this machine/);
    assert.equal((await dropsOf(bob)).at(-1)?.state, 'offered', 'nothing was changed');
    const accepted = await drop(bob, 'add', shown, '--yes', '--json');
    assert.equal(accepted.code, 0, accepted.stderr);
    const [event] = eventsOf(accepted.stdout);
    assert.deepEqual(
      { ...event, id: 0 },
      {
        event: 'drop-added',
        channel: 'alice',
        id: 0,
        kind: 'folder',
        text: `folder ${path}`,
        state: 'used',
        reasons: [],
      },
    );
    const listening = bob.start(['listen', '--json']);
    await sends(alice, 'a0');
    await listening.until(({ events }) => textsOf(events).length === 1, 'a0 was shown');
    await rm(await firstFolder(alice), { recursive: true });
    await sends(alice, 'a1', 'a2');
    await listening.until(({ events }) => textsOf(events).length === 3, 'a1 and a2 were shown');
    assert.deepEqual(textsOf(listening.events), ['a0', 'a1', 'a2']);
    await listening.kill('SIGTERM');
    await sends(bob, 'b0');
    assert.deepEqual(textsOf(eventsOf((await alice.run(['listen', '--count', '1', '--json'])).stdout)), ['b0']);
  });

  test('removed on one side, gone on the other, and nothing that waited there is lost', async () => {
    const pair = await stage.folderPair();
    const { alice, bob } = pair;
    const path = await addForBoth(pair);
    await settle(alice, bob);
    await sends(bob, 'b0');
    await sends(alice, 'a0', 'a1');
    const first = await idAt(alice, await firstFolder(alice));
    const removed = await drop(alice, 'remove', 'bob', first, '--json');
    assert.equal(removed.code, 0, removed.stderr);
    const told = eventsOf(removed.stdout).find(({ event }) => event === 'drop-removed');
    assert.deepEqual([told?.channel, String(told?.id).slice(0, 8), told?.kind], ['bob', first, 'folder']);
    assert.ok(Number(told?.again) >= 2, `${told?.again} go out again`);
    assert.deepEqual(await bob.listens(), ['a0', 'a1']);
    assert.deepEqual(await alice.listens(), ['b0']);
    for (const person of [alice, bob]) {
      assert.deepEqual(
        (await dropsOf(person)).map(({ text }) => text),
        [`folder ${path}`],
      );
    }
    await expectEnd(drop(alice, 'remove', await idAt(alice, path)), 2, /only drop|last drop/);
  });

  test('use: the order and the policy are changed, shown, and kept', async () => {
    const pair = await stage.folderPair();
    const { alice } = pair;
    const path = await addForBoth(pair);
    const first = await idAt(alice, path);
    const used = await expectEnd(
      drop(alice, 'use', 'bob', 'all', '--first', first),
      0,
      /^policy all: everything by every drop\n$/,
    );
    assert.match(
      used.stdout,
      new RegExp(`^${first} {2}1\\. {7}folder ${path}\n${id} {2}2\\. {7}folder .*drop-\\d+\n$`),
    );
    assert.deepEqual(
      (await dropsOf(alice)).map(({ policy }) => policy),
      ['all', 'all'],
    );
    const { stdout } = await alice.run(['channel', 'show']);
    assert.match(stdout, new RegExp(`\n {2}${first} {2}1\\. .*\n {2}${id} {2}2\\. .*\n {2}policy all: everything`));
    for (const policy of ['meet', 'random', 'first']) {
      await expectEnd(drop(alice, 'use', policy), 0, new RegExp(`^policy ${policy}: `));
    }
    const [shown] = eventsOf((await alice.run(['channel', 'list', '--json'])).stdout);
    assert.equal(shown?.policy, 'first');
    assert.ok(Array.isArray(shown?.drops) && shown.drops.length === 2);
  });

  test('test and doctor: each drop is measured, and one that is gone does not hide the others', async () => {
    const pair = await stage.folderPair();
    const { alice } = pair;
    const path = await addForBoth(pair);
    const [first, second] = [await idAt(alice, await firstFolder(alice)), await idAt(alice, path)];
    const well = await expectEnd(drop(alice, 'test'), 0, /^$/);
    for (const one of [first, second]) assert.match(well.stdout, new RegExp(`^ok {2}bob ${one}: folder: `, 'm'));
    await rm(path, { recursive: true });
    const wrong = new RegExp(`^btr: Something is wrong with ${second} of bob\\.\nThe lines marked BAD`);
    const sick = await expectEnd(drop(alice, 'test', 'bob'), 4, wrong);
    assert.match(sick.stdout, new RegExp(`^BAD bob ${second}: .*further-`, 'm'));
    assert.match(sick.stdout, new RegExp(`^ok {2}bob ${first}: folder: `, 'm'));
    const alone = await expectEnd(drop(alice, 'test', first, '--json'), 0, /^$/);
    for (const { event, drop: which } of eventsOf(alone.stdout)) {
      assert.deepEqual([event, String(which).slice(0, 8)], ['finding', first]);
    }
    const doctor = await expectEnd(alice.run(['doctor']), 4, /Something is wrong with the drop of bob/);
    assert.match(doctor.stdout, new RegExp(`^ok {2}bob ${first}: folder: `, 'm'));
    assert.match(doctor.stdout, new RegExp(`^BAD bob ${second}: `, 'm'));
    const cost = await alice.run(['cost']);
    assert.equal(cost.stderr, 'A drop of channel bob is a folder: it costs nothing at AWS.\n');
  });

  test('what can not be done is refused with the next step, and nothing is changed', async () => {
    const { alice } = await stage.folderPair();
    const path = await firstFolder(alice);
    const calls: readonly (readonly [string[], number, RegExp])[] = [
      [['add'], 2, /^btr: Which drop\?\nGive one of a drop URI, the id of an offer, --outputs FILE or --stack NAME/],
      [['add', 'bob'], 2, /^btr: Which drop\?/],
      [['add', `folder:${newFolder(stage)}`, '--stack', 'S'], 2, /^btr: One drop at a time/],
      [['add', 'ftp://x'], 2, /^btr: There is no drop like "ftp:\/\/x"\.\nA drop is folder:/],
      [['add', `folder:${path}`], 2, /already/],
      [['add', `folder:${newFolder(stage)}/not/there`], 4, /not\/there/],
      [['add', `folder:${newFolder(stage)}`, '--with-key'], 3, /no keys of its own/],
      [['add', 'abcd1234'], 2, /abcd1234/],
      [['add', 'carol', `folder:${newFolder(stage)}`], 3, /^btr: There is no channel "carol"/],
      [['add', 'bob', `folder:${newFolder(stage)}`, 'more'], 2, /Too many arguments/],
      [['remove'], 2, /^btr: Which drop\?\nbtr drop list bob shows their ids/],
      [['remove', 'abcd1234'], 2, /abcd1234/],
      [['remove', 'carol', 'abcd1234'], 3, /^btr: There is no channel "carol"/],
      [['test', 'abcd1234'], 2, /abcd1234/],
      [['use'], 2, /^btr: Nothing to set\./],
      [['use', 'sometimes'], 2, /^btr: "sometimes" is neither a channel nor .*\nSay first, all, random or meet\./],
      [['use', '--first', 'abcd1234'], 2, /abcd1234/],
      [['list', 'carol'], 3, /^btr: There is no channel "carol"/],
    ];
    for (const [args, code, pattern] of calls) await expectEnd(drop(alice, ...args), code, pattern);
    assert.deepEqual(
      (await dropsOf(alice)).map(({ text, state }) => [text, state]),
      [[`folder ${path}`, 'used']],
    );
  });
});

/** Two homes that pair by invite and PIN, each step a process of its own: over a folder and over queues. */
import assert from 'node:assert/strict';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eventsOf, textsOf } from '../tools/btr.ts';
import { expectEnd, invites, joins, newcomer, otherPin, pairingOf, settle, verificationOf } from '../tools/invited.ts';
import { type Pair, Stage } from '../tools/stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

let drops = 0;

/** Two homes, and what alice adds to her first invite so that it makes the channel. */
type Strangers = Pair & { readonly place: readonly string[] };

async function overFolder(): Promise<Strangers> {
  const [alice, bob] = [await newcomer(stage, 'alice'), await newcomer(stage, 'bob')];
  return { alice, bob, place: ['--as', 'a', '--drop', `folder:${stage.path(`drop-${drops++}`)}`] };
}

async function overQueues(): Promise<Strangers> {
  const cloud = await stage.cloud();
  const number = drops++;
  const { queues, bucket } = cloud.makeChannel({ a: `alice${number}`, b: `bob${number}` });
  const [alice, bob] = [await newcomer(stage, 'alice', cloud.env), await newcomer(stage, 'bob', cloud.env)];
  const drop = `aws:tx=${queues['a-to-b']},rx=${queues['b-to-a']},bucket=${bucket}`;
  return { alice, bob, place: ['--as', 'a', '--drop', drop] };
}

const joined = { paired: true, verified: false, changed: false, expiresAt: null };

describe('pairing', { concurrency: 3 }, () => {
  for (const [where, meet] of [['a folder', overFolder] as const, ['queues', overQueues] as const]) {
    test(`over ${where}: invite, join with the right PIN, talk; both may write at once`, async () => {
      const { alice, bob, place } = await meet();
      const invited = await invites(alice, 'bob', ...place);
      await expectEnd(alice.run(['send', 'bob', 'written before he joined']), 0, /^Kept until bob has joined\.\n$/);
      const reply = await expectEnd(
        joins(bob, invited, invited.pin),
        0,
        /^Joined alice, whose home has yet to confirm/,
      );
      assert.match(reply.stderr, /Next: btr chat alice/);
      assert.deepEqual(await pairingOf(bob), { ...joined, state: 'replied' });
      assert.equal((await bob.run(['send', 'alice', 'written before she knew'])).code, 0);
      await expectEnd(alice.run(['listen', '--once']), 0, /bob has joined\./, /^written before she knew\n$/);
      await expectEnd(bob.run(['listen', '--once']), 0, /alice has confirmed/, /^written before he joined\n$/);
      assert.deepEqual(await pairingOf(alice), { ...joined, state: 'paired' });
      assert.deepEqual(await pairingOf(bob), { ...joined, state: 'confirmed' });
      for (const text of ['one', 'two']) {
        await alice.run(['send', text]);
        assert.deepEqual(await bob.listens(), [text]);
        await bob.run(['send', `${text} back`]);
        assert.deepEqual(await alice.listens(), [`${text} back`]);
      }
      const [hers, his] = [await verificationOf(alice), await verificationOf(bob)];
      assert.deepEqual([hers.digits, hers.words], [his.digits, his.words]);
      const { stdout } = await bob.run(['history', '--json']);
      assert.deepEqual(textsOf(eventsOf(stdout)).length, 6);
    });

    test(`over ${where}: a wrong PIN burns the invite, the right one is too late, and a new invite loses nothing`, async () => {
      const { alice, bob, place } = await meet();
      const burned = await invites(alice, 'bob', ...place);
      await expectEnd(joins(bob, burned, otherPin(burned.pin)), 0, /Joined alice/);
      assert.equal((await bob.run(['send', 'under a wrong PIN'])).code, 0);
      const hers = await expectEnd(alice.run(['listen', '--once', '--json']), 3, /with a wrong PIN.*burned/);
      assert.equal(eventsOf(hers.stdout).at(-1)?.code, 'invite-wrong-pin');
      assert.doesNotMatch(hers.stdout, /under a wrong PIN/);
      assert.deepEqual(await pairingOf(alice), { ...joined, state: 'burned', paired: false });
      const his = await expectEnd(bob.run(['listen', '--once', '--json']), 3, /did not let you in: the PIN was wrong/);
      assert.equal(eventsOf(his.stdout).at(-1)?.code, 'join-wrong-pin');
      await expectEnd(joins(bob, burned, burned.pin), 3, /^btr: This home has answered this invite already/);
      await expectEnd(bob.run(['send', 'while refused']), 0, /^Kept until you have joined alice by a new invite/);

      const invited = await invites(alice, 'bob', '--words');
      await expectEnd(joins(bob, invited, invited.pin.toUpperCase()), 0, /Joined alice/);
      const heard = await expectEnd(alice.run(['listen', '--once']), 0, /bob has joined/);
      assert.deepEqual(heard.lines, ['under a wrong PIN', 'while refused']);
      await settle(bob, alice);
      await alice.run(['send', 'welcome']);
      assert.deepEqual(await bob.listens(), ['welcome']);
    });
  }

  test('a copied invite and drop are worth nothing once its owner has joined, even with the PIN', async () => {
    const { alice, bob, place } = await overFolder();
    const eve = await newcomer(stage, 'eve');
    const invited = await invites(alice, 'bob', ...place);
    const drop = String(place.at(-1)).replace('folder:', '');
    await cp(drop, `${drop}-copy`, { recursive: true });
    await expectEnd(joins(bob, invited, invited.pin), 0, /Joined alice/);
    await settle(alice, bob);
    await expectEnd(joins(eve, invited, invited.pin, '--drop', `folder:${drop}-copy`), 0, /Joined alice/);
    assert.equal((await eve.run(['send', 'it is me, bob'])).code, 0);
    const letters = join('b-to-a', 'new');
    for (const name of await readdir(join(`${drop}-copy`, letters))) {
      await cp(join(`${drop}-copy`, letters, name), join(drop, letters, name));
    }
    const { stdout } = await expectEnd(
      alice.run(['listen', '--once', '--json']),
      3,
      /Somebody answered an invite that is not open any more/,
    );
    assert.deepEqual(textsOf(eventsOf(stdout)), []);
    assert.equal(eventsOf(stdout).at(-1)?.code, 'invite-not-open');
    await alice.run(['send', 'still only us']);
    // Alice's no to eve comes his way, too, and means nothing to him.
    await expectEnd(bob.run(['listen', '--once']), 0, /^$/, /^still only us\n$/);
    await bob.run(['send', 'yes']);
    assert.deepEqual(await alice.listens(), ['yes']);
  });

  test('of two who hold invite and PIN the second one hears that it is too late', async () => {
    const { alice, bob, place } = await overFolder();
    const drop = String(place.at(-1)).replace('folder:', '');
    const invited = await invites(alice, 'bob', ...place);
    await cp(drop, `${drop}-copy`, { recursive: true });
    const late = await newcomer(stage, 'late');
    await expectEnd(joins(bob, invited, invited.pin), 0, /Joined alice/);
    await settle(alice, bob);
    await expectEnd(joins(late, invited, invited.pin, '--drop', `folder:${drop}-copy`), 0, /Joined alice/);
    await cp(join(`${drop}-copy`, 'b-to-a', 'new'), join(drop, 'b-to-a', 'new'), { recursive: true });
    await expectEnd(alice.run(['listen', '--once']), 3, /not open any more/);
    await cp(join(drop, 'a-to-b', 'new'), join(`${drop}-copy`, 'a-to-b', 'new'), { recursive: true });
    await expectEnd(late.run(['listen', '--once']), 3, /did not let you in: the invite was not open any more/);
  });

  test('neither PIN nor invite nor key stands in what anybody else is shown, nor in the homes', async () => {
    const { alice, bob, place } = await overFolder();
    const invited = await invites(alice, 'bob', '--words', ...place);
    const debug = { env: { BTR_DEBUG: '1' } };
    const said = [await joins(bob, invited, invited.pin, '--json')];
    for (const person of [alice, bob, alice]) said.push(await person.run(['listen', '--once', '--json'], debug));
    for (const args of [['channel', 'show'], ['doctor'], ['history'], ['identity', 'show'], ['invite', 'bob']]) {
      said.push(await alice.run(args, debug));
    }
    const bytes = Buffer.from(invited.invite.slice('btr1-'.length), 'base64url');
    const secrets = [invited.pin, invited.invite.slice(5, 60), bytes.subarray(20, 40)];
    for (const { stdout, stderr } of said) {
      for (const secret of secrets) assert.ok(!Buffer.from(stdout + stderr).includes(secret), `${stdout}${stderr}`);
    }
    for (const { home } of [alice, bob]) {
      for (const name of await readdir(home)) {
        const content = await readFile(join(home, name));
        for (const secret of secrets) assert.ok(!content.includes(secret), name);
      }
    }
  });

  test('a second invite burns the first, --cancel the one that is open', async () => {
    const { alice, bob, place } = await overFolder();
    const first = await invites(alice, 'bob', ...place);
    const second = await invites(alice, 'bob');
    assert.notEqual(first.invite, second.invite);
    await expectEnd(alice.run(['invite', 'bob', '--cancel']), 0, /^The invite is taken back/);
    await expectEnd(joins(bob, second, second.pin), 0, /Joined alice/);
    await expectEnd(alice.run(['listen', '--once']), 3, /not open any more/);
    const again = await alice.run(['invite', 'bob', '--cancel', '--json']);
    assert.deepEqual(eventsOf(again.stdout), [{ event: 'invite-cancelled', channel: 'bob', wasOpen: false }]);
    const third = await invites(alice, 'bob');
    await expectEnd(joins(bob, third, third.pin), 0, /Joined alice/);
    await settle(alice, bob);
    await bob.run(['send', 'at last']);
    assert.deepEqual(await alice.listens(), ['at last']);
  });

  test('a buddy who lost their home joins anew with --replace, under another safety number', async () => {
    const { alice, bob, place } = await overFolder();
    const invited = await invites(alice, 'bob', ...place);
    await joins(bob, invited, invited.pin);
    await settle(alice, bob);
    assert.equal((await alice.run(['verify', '--yes'])).code, 0);
    const before = await verificationOf(alice);
    await expectEnd(alice.run(['invite', 'bob']), 2, /^btr: bob has joined already\.\n.*--replace/);
    const anew = await newcomer(stage, 'bob');
    const replacing = await invites(alice, 'bob', '--replace');
    await expectEnd(joins(anew, replacing, replacing.pin), 0, /Joined alice/);
    await expectEnd(alice.run(['listen', '--once']), 0, /bob has joined anew, with another identity/);
    const now = await verificationOf(alice);
    assert.notEqual(now.digits, before.digits);
    assert.equal(now.verified, false);
    assert.equal((await verificationOf(anew)).digits, now.digits);
  });
});

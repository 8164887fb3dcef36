/**
 * The main stories over SQS and S3 as people have them: each with a key of their own, and the policies of the deployed
 * stack enforced on every request.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { CreateMultipartUploadCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';
import { region } from '../synth/template.ts';
import { eventsOf } from '../tools/btr.ts';
import { Account, deployment, outputsOf, userOf } from '../tools/guard/account.ts';
import { expectEnd, invites, joins, newcomer, settle } from '../tools/invited.ts';
import { type Person, Stage } from '../tools/stage.ts';

const channel = deployment('alice', 'bob');

let stage: Stage;
before(async () => {
  stage = await Stage.make();
  await writeFile(stage.path('outputs.json'), outputsOf(channel));
});
after(() => stage[Symbol.asyncDispose]());

async function file(name: string, bytes: number): Promise<Buffer> {
  const content = randomBytes(bytes);
  await writeFile(stage.path(name), content);
  return content;
}

async function received(person: Person, ...args: string[]) {
  const { stdout } = await expectEnd(person.run(['listen', '--once', '--json', ...args]), 0, /^/);
  return eventsOf(stdout).filter(({ event }) => event === 'file');
}

describe('in an account whose policies are enforced', { concurrency: 2 }, () => {
  test('texts go both ways, of any length, and the doctor finds nothing wrong', async () => {
    await using account = await Account.start(channel);
    const { alice, bob } = await account.pair(stage, channel);
    const long = 'l'.repeat(300_000);
    // Past what a queue takes, a text goes through the bucket.
    const longer = 'x'.repeat(1_500_000);
    for (const input of [long, longer]) {
      await expectEnd(alice.run(['send', 'bob', '-', '--whole'], { input }), 0, /^/);
    }
    assert.deepEqual(await bob.listens(), [long, longer]);
    await expectEnd(bob.run(['send', 'alice', 'and back']), 0, /^/);
    assert.deepEqual(await alice.listens(), ['and back']);
    for (const person of [alice, bob]) {
      const { stdout } = await expectEnd(
        person.run(['doctor']),
        0,
        /^/,
        /bucket btr-alice-bob-parcels.*may not be listed/,
      );
      assert.doesNotMatch(stdout, /BAD/);
    }
    // Of all that was asked, only what the doctor expects to be refused was.
    assert.deepEqual(
      account.guard.denials.map(({ action }) => action),
      ['s3:ListBucket', 's3:ListBucket'],
    );
  });

  test('a file that was cut goes on where it was, is burned when fetched, and another is recalled', async () => {
    await using account = await Account.start(channel);
    const { alice, bob } = await account.pair(stage, channel);
    const { guard, cloud } = account;
    const content = await file('large.bin', 30_000_000);
    const allowed = guard.policies;
    // Some parts pass; then the right to put is gone.
    let puts = 0;
    guard.onPass = ([need]) => {
      if (need?.action === 's3:PutObject' && ++puts === 4) guard.policies = [];
    };
    const send = () => alice.run(['send', 'bob', '--file', 'large.bin', '--burn'], { cwd: stage.folder });
    await expectEnd(send(), 4, /may not do s3:PutObject on s3:\/\/btr-alice-bob-parcels\/a\//);
    guard.policies = allowed;
    assert.equal(cloud.calls().CompleteMultipartUpload, undefined);
    await expectEnd(send(), 0, /^/);
    assert.equal(cloud.calls().CreateMultipartUpload, 1, 'the upload that was begun went on');

    const [got] = await received(bob, '--files', stage.path('inbox'));
    assert.ok(content.equals(await readFile(String(got?.path))));
    assert.equal(cloud.calls().DeleteObject, 1);

    await file('small.bin', 1_000);
    await expectEnd(alice.run(['send', 'bob', '--file', 'small.bin'], { cwd: stage.folder }), 0, /^/);
    const [notice] = await received(bob);
    await expectEnd(alice.run(['files', '--recall', String(notice?.id)]), 0, /^/);
    await expectEnd(bob.run(['get', String(notice?.id)]), 4, /it was taken back/);
  });

  test('a buddy with an AWS identity of their own talks as the role that the stack made', async () => {
    const roles = deployment('erin', 'frank', { frank: 'arn:aws:iam::111122223333:user/frank' });
    await using account = await Account.start(roles);
    const { alice: erin, bob: frank } = await account.pair(stage, roles);
    await file('roles.bin', 1_000);
    await expectEnd(erin.run(['send', 'bob', 'to a role', '--file', 'roles.bin'], { cwd: stage.folder }), 0, /^/);
    assert.equal((await received(frank, '--files', stage.path('roles'))).length, 1);
    await expectEnd(frank.run(['send', 'alice', 'and back']), 0, /^/);
    assert.deepEqual(await erin.listens(), ['and back']);
    assert.deepEqual(account.guard.denials, []);
  });

  test('on a stack that allows it, both take the other role and talk on', async () => {
    const swapping = deployment('grace', 'heidi', { allowSwap: 'true' });
    await using account = await Account.start(swapping);
    const { alice, bob } = await account.pair(stage, swapping);
    for (const person of [alice, bob]) await expectEnd(person.run(['swap']), 0, /^You are [ab] now/);
    await expectEnd(alice.run(['send', 'bob', 'from the other side']), 0, /^/);
    assert.equal(account.cloud.peek('Btr-grace-heidi-b-to-a.fifo').length, 1);
    assert.deepEqual(await bob.listens(), ['from the other side']);
    assert.deepEqual(account.guard.denials, []);
  });

  test('an invite brings a key; the first is deleted, and a copy of the invite opens nothing', async () => {
    await using account = await Account.start(channel);
    const alice = await newcomer(stage, 'alice', account.ownerAs(channel, 'alice'));
    const bob = await newcomer(stage, 'bob', account.guard.env());
    const eve = await newcomer(stage, 'eve', account.guard.env());
    const place = ['--as', 'alice', '--outputs', stage.path('outputs.json')];
    const invited = await invites(alice, 'bob', ...place, '--with-key');
    const [first, second] = account.iam.keys;
    await expectEnd(joins(bob, invited, invited.pin), 0, /Joined alice/);
    await settle(alice, bob);
    assert.deepEqual(account.iam.keys, [second], `the first key, ${first?.id}, lives`);
    await expectEnd(joins(eve, invited, invited.pin), 4, /AWS does not know these credentials/);
    await expectEnd(bob.run(['send', 'alice', 'with a key of my own']), 0, /^/);
    assert.deepEqual(await alice.listens(), ['with a key of my own']);
    await expectEnd(alice.run(['channel', 'rotate-key', 'bob']), 0, /^/);
    await settle(bob, alice);
    const [third, ...others] = account.iam.keys;
    assert.ok(third !== undefined && third.id !== second?.id && others.length === 0);
    await expectEnd(bob.run(['send', 'alice', 'with another']), 0, /^/);
    assert.deepEqual(await alice.listens(), ['with another']);
    assert.deepEqual(
      account.guard.denials.filter(({ action }) => action !== 's3:GetObject'),
      [],
    );
  });

  test("what has expired is removed with the owner's rights", async () => {
    await using account = await Account.start(channel);
    const { endpoint } = account.guard;
    const credentials = account.guard.keyFor(userOf(channel, 'alice'));
    const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    const [Bucket, hour] = ['btr-alice-bob-parcels', 3_600_000];
    const [stale, fresh, cut] = [-2, 2, -3].map((hours) =>
      formatParcelKey('a', Date.now() + hours * hour, randomBytes(16)),
    );
    for (const Key of [stale, fresh]) await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'sealed' }));
    await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: cut }));
    s3.destroy();
    const { alice } = await account.pair(stage, channel);
    const env = account.ownerAs(channel, 'alice');
    await expectEnd(alice.run(['expire', 'bob'], { env }), 0, /^/, /^removed 1 parcel, gave up 1 upload\n$/);
    await expectEnd(alice.run(['expire', 'bob'], { env }), 0, /^/, /^removed 0 parcels, gave up 0 uploads\n$/);
    assert.deepEqual(account.guard.denials, []);
  });
});

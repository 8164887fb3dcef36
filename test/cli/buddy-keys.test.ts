/** Invites that bring access keys, with a stand-in for IAM beside the embedded cloud. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { AwsAddress } from '../../client/drops/aws/address.ts';
import { type Ended, eventsOf } from '../tools/btr.ts';
import { type Iam, startIam } from '../tools/iam.ts';
import { expectEnd, type Invited, invites, joins, newcomer, otherPin, settle } from '../tools/invited.ts';
import { noTerminal, Screen } from '../tools/screen.ts';
import { type Person, Stage } from '../tools/stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

let channels = 0;

interface Owner extends AsyncDisposable {
  readonly alice: Person;
  readonly bob: Person;
  readonly iam: Iam;
  readonly address: AwsAddress;
  /** What the first invite needs to make the channel. */
  readonly place: readonly string[];
}

/** Alice owns the queues; bob has no credentials of any kind. */
async function meet(): Promise<Owner> {
  const cloud = await stage.cloud();
  const iam = await startIam();
  const number = channels++;
  const { queues, address } = cloud.makeChannel({ a: `owner${number}`, b: `guest${number}` });
  const env = { ...cloud.env, AWS_ENDPOINT_URL_IAM: iam.url };
  const alice = await newcomer(stage, 'alice', env);
  const bob = await newcomer(stage, 'bob', env);
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete bob.env[name];
  const drop = `aws:tx=${queues['a-to-b']},rx=${queues['b-to-a']}`;
  const place = ['--as', 'a', '--drop', drop, '--with-key', '--user', 'guest'];
  return { alice, bob, iam, address, place, [Symbol.asyncDispose]: () => iam.close() };
}

/** The place as `cdk deploy --outputs-file` writes it, which names both IAM users. */
async function outputsOf({ queues, bucket = '', region = '' }: AwsAddress): Promise<string[]> {
  const users = { a: 'owner-user', b: 'guest' };
  const about = { btr: 1, stack: 'Btr-alice-bob', buddy: 'alice', role: 'a', account: '000000000000' };
  const path = stage.path(`outputs-${channels++}.json`);
  const value = JSON.stringify({ ...about, region, queues, bucket, users });
  await writeFile(path, JSON.stringify({ 'Btr-alice-bob': { ClientAlice: value } }));
  return ['--as', 'alice', '--outputs', path, '--with-key'];
}

function ids({ keys }: Iam): string[] {
  return keys.map(({ id }) => id);
}

/** No key's secret is shown to anybody; the first one's is in the invite, packed. */
function assertSilent(secrets: readonly string[], said: readonly Ended[]): void {
  for (const { stdout, stderr } of said)
    for (const secret of secrets) assert.ok(!`${stdout}${stderr}`.includes(secret), `${stdout}${stderr}`);
}

function textOf({ invite }: Invited): string {
  return Buffer.from(invite.slice('btr1-'.length), 'base64url').toString('latin1');
}

describe('keys for a buddy', { concurrency: 2 }, () => {
  test('one key travels in the invite, another inside the session, and the first is deleted', async () => {
    await using world = await meet();
    const { alice, bob, iam, address } = world;
    const invited = await invites(alice, 'bob', ...(await outputsOf(address)));
    const [first, second] = [...iam.keys];
    assert.ok(first && second);
    assert.deepEqual([first.user, second.user], ['guest', 'guest']);
    assert.ok(textOf(invited).includes(first.secret), 'the first key is in the invite');
    assert.ok(!textOf(invited).includes(second.secret), 'the second key is in the invite, too');
    const said = [await joins(bob, invited, invited.pin)];
    assert.equal(said[0]?.code, 0, said[0]?.stderr);
    for (const person of [alice, bob, alice, bob]) said.push(await person.run(['listen', '--once', '--json']));
    assert.deepEqual(ids(iam), [second.id], said.map(({ stderr }) => stderr).join(''));
    const deleted = iam.calls.filter(({ action }) => action === 'DeleteAccessKey');
    assert.deepEqual(
      deleted.map(({ signer, parameters }) => [signer, parameters.AccessKeyId]),
      [[second.id, first.id]],
    );
    await bob.run(['send', 'with a key of my own']);
    assert.deepEqual(await alice.listens(), ['with a key of my own']);

    const rotated = await alice.run(['channel', 'rotate-key', 'bob', '--json']);
    assert.equal(rotated.code, 0, rotated.stderr);
    const third = iam.keys.at(-1);
    assert.deepEqual(eventsOf(rotated.stdout), [{ event: 'key', channel: 'bob', id: third?.id }]);
    assert.equal(iam.keys.length, 2);
    await settle(bob, alice);
    assert.deepEqual(ids(iam), [third?.id]);
    for (const args of [['doctor'], ['channel', 'show'], ['history']]) said.push(await bob.run(args));
    assertSilent([first.secret, second.secret, third?.secret ?? ''], [...said, rotated]);
  });

  test('a burned invite names the keys that still open the drop, and --delete-keys ends them', async () => {
    await using world = await meet();
    const { alice, bob, iam, place } = world;
    const invited = await invites(alice, 'bob', ...place);
    const both = ids(iam);
    await expectEnd(joins(bob, invited, otherPin(invited.pin)), 0, /Joined alice/);
    await expectEnd(
      alice.run(['listen', '--once']),
      3,
      new RegExp(`wrong PIN.*Access keys that still open the drop: ${both.join(', ')}\\.`),
    );
    const left = await alice.run(['invite', 'bob', '--cancel', '--json']);
    assert.deepEqual(
      eventsOf(left.stdout).map(({ event, code }) => code ?? event),
      ['invite-cancelled', 'live-keys'],
    );
    assert.match(left.stderr, new RegExp(`${both.join(', ')}\\.\\n.*--cancel --delete-keys`));
    await expectEnd(alice.run(['invite', 'bob', '--with-key']), 3, /as many access keys as AWS allows/);
    assert.deepEqual(ids(iam), both, 'nothing is deleted without a yes');
    const ended = await alice.run(['invite', 'bob', '--cancel', '--delete-keys', '--json']);
    assert.deepEqual(eventsOf(ended.stdout).at(-1), { event: 'keys-deleted', channel: 'bob', ids: both });
    assert.deepEqual(ids(iam), []);
    const after = await alice.run(['invite', 'bob', '--cancel', '--json']);
    assert.equal(eventsOf(after.stdout).length, 1, 'they are named no more');

    const fresh = await alice.run(['invite', 'bob', '--with-key', '--out', stage.path('fresh')]);
    assert.equal(fresh.code, 0, fresh.stderr);
    const replaced = ids(iam);
    await invites(alice, 'bob', '--with-key', '--delete-keys');
    assert.deepEqual([iam.keys.length, ids(iam).some((id) => replaced.includes(id))], [2, false]);
  });

  test('on a terminal it asks whether to delete them', { skip: noTerminal }, async () => {
    await using world = await meet();
    const { alice, iam, place } = world;
    await invites(alice, 'bob', ...place);
    await using screen = await Screen.open(alice, ['invite', 'bob', '--cancel']);
    await screen.until(/Delete them now, with your own rights\? \[y\/N\]/);
    assert.equal(iam.keys.length, 2);
    await screen.enter('y');
    await screen.until(/\[exit 0\]/);
    assert.deepEqual(ids(iam), []);
  });
});

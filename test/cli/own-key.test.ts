/** A key of one's own, in an account whose policies are enforced: the owner's profile is needed no more. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { eventsOf } from '../tools/btr.ts';
import { Account, deployment, outputsOf } from '../tools/guard/account.ts';
import { expectEnd, invites, joins, newcomer, settle } from '../tools/invited.ts';
import { Stage } from '../tools/stage.ts';
import { sqsError, stubEndpoint } from '../tools/stub.ts';

const channel = deployment('alice', 'bob');

let stage: Stage;
before(async () => {
  stage = await Stage.make();
  await writeFile(stage.path('outputs.json'), outputsOf(channel));
});
after(() => stage[Symbol.asyncDispose]());

test("the owner's home goes on with a key of its own user, and another one later", async () => {
  await using account = await Account.start(channel);
  const { iam, guard } = account;
  const owner = account.ownerAs(channel, 'alice');
  const alice = await newcomer(stage, 'alice', guard.env());
  const bob = await newcomer(stage, 'bob', guard.env());
  const asOwner = { env: owner };
  const place = ['--as', 'alice', '--outputs', stage.path('outputs.json')];
  await expectEnd(alice.run(['channel', 'add', 'bob', ...place], asOwner), 0, /Next: btr invite bob/);

  const own = await alice.run(['channel', 'rotate-key', '--own', '--json'], asOwner);
  assert.equal(own.code, 0, own.stderr);
  const [first] = iam.keys;
  assert.equal(first?.user, 'Btr-alice-bob-alice');
  assert.deepEqual(eventsOf(own.stdout), [{ event: 'key', channel: 'bob', id: first?.id }]);

  const file = stage.path('invite');
  const invited = await alice.run(['invite', 'bob', '--with-key', '--out', file], asOwner);
  const [, pin = ''] = /^PIN: (\d{3} \d{3})$/m.exec(invited.stderr) ?? [];
  await expectEnd(joins(bob, { file }, pin), 0, /Joined alice/);
  await settle(alice, bob);
  await expectEnd(alice.run(['send', 'bob', 'without a profile']), 0, /^/);
  assert.deepEqual(await bob.listens(), ['without a profile']);

  await expectEnd(alice.run(['channel', 'rotate-key', 'bob', '--own'], asOwner), 0, /kept sealed here/);
  const ofAlice = iam.keys.filter(({ user }) => user === 'Btr-alice-bob-alice');
  assert.equal(ofAlice.length, 1, 'the key before is deleted');
  assert.notEqual(ofAlice[0]?.id, first?.id);
  await expectEnd(bob.run(['send', 'alice', 'and back']), 0, /^/);
  assert.deepEqual(await alice.listens(), ['and back']);
});

test('a key of its own needs the rights to make one, and to use it; else nothing is changed', async () => {
  await using account = await Account.start(channel);
  const { iam, guard } = account;
  const alice = await newcomer(stage, 'alice', account.ownerAs(channel, 'alice'));
  await invites(alice, 'bob', '--as', 'alice', '--outputs', stage.path('outputs.json'));
  const ofAlice = guard.policies.filter(({ name }) => name !== 'owner');
  guard.policies = ofAlice;
  await expectEnd(alice.run(['channel', 'rotate-key', '--own']), 4, /may not do iam:CreateAccessKey/);
  await expectEnd(alice.run(['channel', 'rotate-key', 'bob', '--own', '--user', 'x']), 2, /--user|--own/);
  assert.deepEqual(iam.keys, []);
});

test('where the key before may not be deleted, both keys are named', async () => {
  await using account = await Account.start(channel);
  const alice = await newcomer(stage, 'alice', account.ownerAs(channel, 'alice'));
  const place = ['--as', 'alice', '--outputs', stage.path('outputs.json')];
  await expectEnd(alice.run(['channel', 'add', 'bob', ...place]), 0, /Channel bob/);
  await expectEnd(alice.run(['channel', 'rotate-key', '--own']), 0, /kept sealed here/);
  account.guard.policies = account.guard.policies.map((policy) => {
    const Statement = policy.document.Statement.map((one) =>
      JSON.parse(JSON.stringify(one).replaceAll('iam:DeleteAccessKey', 'iam:GetUser')),
    );
    return { ...policy, document: { ...policy.document, Statement } };
  });
  const { stderr } = await expectEnd(
    alice.run(['channel', 'rotate-key', '--own']),
    4,
    /may not do iam:DeleteAccessKey/,
  );
  const [former, key] = account.iam.keys.map(({ id }) => id);
  assert.match(stderr, new RegExp(`uses access key ${key} now. The one before, ${former}, could not be deleted`));
});

test('a channel that moves meanwhile goes on without it, and no key is left behind', async () => {
  await using account = await Account.start(channel);
  const owner = account.ownerAs(channel, 'alice');
  const alice = await newcomer(stage, 'alice', owner);
  const place = ['--as', 'alice', '--outputs', stage.path('outputs.json')];
  await expectEnd(alice.run(['channel', 'add', 'bob', ...place]), 0, /Channel bob/);
  let isMoved = false;
  let moving: Promise<unknown> | undefined;
  const move = () => expectEnd(alice.run(['channel', 'set', 'bob', '--drop', `folder:${stage.path('drop')}`]), 0, /^/);
  await using stub = await stubEndpoint(account.guard.endpoint, (action) => {
    if (action !== 'GetQueueAttributes') return undefined;
    moving ??= move().then(() => {
      isMoved = true;
    });
    return isMoved ? undefined : sqsError(403, 'InvalidClientTokenId');
  });
  const env = { AWS_ENDPOINT_URL: stub.endpoint };
  await expectEnd(alice.run(['channel', 'rotate-key', '--own'], { env }), 3, /goes over another drop now/);
  await moving;
  assert.deepEqual(account.iam.keys, []);
  const { stdout } = await alice.run(['channel', 'show', 'bob', '--json']);
  assert.match(stdout, /folder/);
  assert.doesNotMatch(stdout, /AKIA/);
});

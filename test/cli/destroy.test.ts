/** `btr destroy`: nothing that waits is lost without a yes, and what was cut goes on. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { eventsOf, textsOf } from '../tools/btr.ts';
import { type Iam, startIam } from '../tools/iam.ts';
import { expectEnd, newcomer } from '../tools/invited.ts';
import { stackOutputs } from '../tools/outputs.ts';
import { noTerminal, Screen } from '../tools/screen.ts';
import { type MadeStack, type Stacks, startStacks } from '../tools/stacks.ts';
import { type Person, Stage } from '../tools/stage.ts';
import { sqsError, stubEndpoint } from '../tools/stub.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

const name = 'Btr-alice-bob';

interface Deployed extends AsyncDisposable {
  /** Owns the stack. */
  readonly alice: Person;
  readonly bob: Person;
  readonly iam: Iam;
  readonly stacks: Stacks;
  /** The only one. */
  readonly stack: MadeStack;
  /** How many objects the bucket holds. */
  objects(): Promise<number>;
}

/** A channel in the embedded cloud, and beside it a stack that holds it and a user with a key. */
async function deployed(change: Partial<MadeStack> = {}, isRetained = false): Promise<Deployed> {
  const cloud = await stage.cloud();
  const user = `${name}-bob`;
  const [iam, stacks] = await Promise.all([startIam({ users: [user] }), startStacks()]);
  const env = { ...cloud.env, ...stacks.env, AWS_ENDPOINT_URL_IAM: iam.url };
  const { alice, bob, channel } = await stage.cloudPair('fernet', env);
  const { bucket, address } = channel;
  const stack: MadeStack = {
    status: 'CREATE_COMPLETE',
    outputs: stackOutputs({ ...address, bucket }),
    resources: {
      Bucket: { type: 'AWS::S3::Bucket', name: bucket, isRetained },
      Bob: { type: 'AWS::IAM::User', name: user },
    },
    ...change,
  };
  stacks.stacks.set(name, stack);
  await fetch(iam.url, { method: 'POST', body: new URLSearchParams({ Action: 'CreateAccessKey', UserName: user }) });
  return {
    alice,
    bob,
    iam,
    stacks,
    stack,
    objects: async () => {
      const listing = await (await fetch(`${cloud.endpoint}/${bucket}?list-type=2`)).text();
      return listing.split('<Key>').length - 1;
    },
    async [Symbol.asyncDispose]() {
      await iam.close();
      await stacks[Symbol.asyncDispose]();
    },
  };
}

async function sendFile(from: Person): Promise<Buffer> {
  const content = Buffer.from('the contents of a file\n'.repeat(100));
  await writeFile(stage.path('letter.txt'), content);
  await expectEnd(from.run(['send', '--file', stage.path('letter.txt')]), 0, /letter\.txt/);
  return content;
}

test('what waits is taken, files are fetched, and then keys, objects and stack are gone', async () => {
  await using at = await deployed();
  const content = await sendFile(at.bob);
  await expectEnd(at.bob.run(['send', 'last words']), 0, /^/);
  const folder = stage.path('saved');
  const args = ['destroy', 'bob', '--yes', '--files', folder, '--json'];
  const { stdout } = await expectEnd(at.alice.run(args), 0, /Next: btr channel remove bob/);
  const events = eventsOf(stdout);
  assert.deepEqual(textsOf(events), ['last words']);
  const path = events.find(({ event }) => event === 'saved')?.path;
  assert.ok(typeof path === 'string' && (await readFile(path)).equals(content));
  const { keys, objects, stack } = events.at(-1) ?? {};
  assert.deepEqual(
    [events.at(-1)?.event, Array.isArray(keys) && keys.length, objects, stack],
    ['destroyed', 1, 1, name],
  );
  assert.deepEqual(at.iam.keys, []);
  assert.deepEqual([...at.stacks.stacks], []);
  assert.equal(await at.objects(), 0);
  assert.deepEqual((await at.alice.run(['history', 'bob'])).lines.at(-1), 'bob: last words');
  await expectEnd(at.alice.run(args), 3, /No stack of btr.*btr channel remove bob/s);
});

test('what the buddy has not collected needs a yes of its own, and until then nothing is deleted', async () => {
  await using at = await deployed();
  await expectEnd(at.alice.run(['send', 'are you there?']), 0, /^/);
  await sendFile(at.alice);
  const untouched = () => assert.deepEqual([at.iam.keys.length, at.stacks.stacks.size], [1, 1]);
  await expectEnd(at.alice.run(['destroy', 'bob', '--even-undelivered']), 2, /This wants a yes/);
  untouched();
  const said = /not acknowledged: 2, .*files in the bucket, fetched or not: 1\. Nothing was deleted/;
  await expectEnd(at.alice.run(['destroy', 'bob', '--yes']), 2, said);
  untouched();
  assert.equal(await at.objects(), 1);
  await expectEnd(at.alice.run(['destroy', 'bob', '--yes', '--even-undelivered']), 0, /is gone/);
  assert.deepEqual([at.iam.keys.length, at.stacks.stacks.size, await at.objects()], [0, 0, 0]);
  const shown = await at.alice.run(['channel', 'show', 'bob']);
  assert.match(shown.stdout, /2 sent and not acknowledged/);
});

test('on a terminal the name of the stack is typed; files that wait stop it', { skip: noTerminal }, async () => {
  await using at = await deployed();
  await sendFile(at.bob);
  await using screen = await Screen.open(at.alice, ['destroy', 'bob']);
  await screen.until(/in account 000000000000, region us-east-1.*Type Btr-alice-bob to do it/s);
  await screen.enter(name);
  await screen.until(/letter\.txt.*was not fetched yet.*would be lost: 1\. Nothing was deleted.*\[exit 3\]/s);
  assert.deepEqual([at.iam.keys.length, at.stacks.stacks.size], [1, 1]);
});

test('a deletion that fails names what stands in the way, and goes on when it is run again', async () => {
  await using at = await deployed({
    onDelete: { resource: 'Bob', reason: 'Cannot delete entity, must detach policies' },
  });
  const args = ['destroy', 'bob', '--yes'];
  const { stderr } = await expectEnd(at.alice.run(args), 4, /AWS::IAM::User Btr-alice-bob-bob: Cannot delete entity/);
  assert.match(stderr, /run the same command again/);
  await expectEnd(at.alice.run(['send', 'too late']), 0, /^/);
  at.stack.onDelete = 'gone';
  // The queues may be gone by now, so what waits is not asked for again.
  const { stderr: again } = await expectEnd(at.alice.run(args), 0, /is gone/);
  assert.doesNotMatch(again, /Taking what still waits/);
});

test('a home whose own key is gone goes on with a yes of its own', { skip: noTerminal }, async () => {
  await using at = await deployed();
  const gone = sqsError(403, 'InvalidClientTokenId');
  await using stub = await stubEndpoint((await stage.cloud()).endpoint, (action) =>
    action === 'ReceiveMessage' ? gone : undefined,
  );
  const env = { AWS_ENDPOINT_URL: stub.endpoint };
  await using screen = await Screen.open(at.alice, ['destroy', 'bob'], env);
  await screen.until(/Type Btr-alice-bob to do it/);
  await screen.enter(name);
  await screen.until(/does not know these credentials.*can't be taken.*Go on without it/s);
  await screen.enter('no');
  await screen.until(/Nothing was changed.*\[exit 2\]/s);
  assert.equal(at.stacks.stacks.size, 1);
  await expectEnd(at.alice.run(['destroy', 'bob', '--yes'], { env }), 0, /can't be taken.*is gone/s);
});

for (const [what, change, said] of [
  [
    'protected against deletion',
    { isProtected: true },
    /protected against deletion.*--no-enable-termination-protection/s,
  ],
  ['being changed', { status: 'UPDATE_IN_PROGRESS' }, /is being changed right now \(UPDATE_IN_PROGRESS\)/],
] as const) {
  test(`of a stack that is ${what} nothing is deleted`, async () => {
    await using at = await deployed(change);
    await sendFile(at.bob);
    const { code, stderr } = await at.alice.run(['destroy', 'bob', '--yes']);
    assert.match(stderr, said);
    assert.notEqual(code, 0);
    assert.deepEqual([at.iam.keys.length, at.stacks.stacks.size, await at.objects()], [1, 1, 1]);
  });
}

test('a user that is gone, by hand or by a deletion under way, has no keys', async () => {
  await using at = await deployed({ resources: { Gone: { type: 'AWS::IAM::User', name: `${name}-gone` } } });
  await expectEnd(at.alice.run(['destroy', 'bob', '--yes']), 0, /is gone/);
});

test('queues that were deleted by hand are no reason to keep the rest', async () => {
  await using at = await deployed();
  const { endpoint } = await stage.cloud();
  const gone = sqsError(400, 'QueueDoesNotExist');
  await using stub = await stubEndpoint(endpoint, (action) =>
    action === 'GET' || action === 'POST' ? undefined : gone,
  );
  const env = { AWS_ENDPOINT_URL: stub.endpoint };
  await expectEnd(at.alice.run(['destroy', 'bob', '--yes'], { env }), 0, /can't be taken.*is gone/s);
});

test('a bucket that stays keeps what it holds', async () => {
  await using at = await deployed({}, true);
  await sendFile(at.bob);
  await expectEnd(
    at.alice.run(['destroy', 'bob', '--yes', '--files', stage.path('kept')]),
    0,
    /stays, with what it holds/,
  );
  assert.deepEqual([at.stacks.stacks.size, await at.objects()], [0, 1]);
});

test('Ctrl-C while it waits ends it, and it goes on when it is run again', async () => {
  await using at = await deployed({ onDelete: 'stays' });
  await using live = at.alice.start(['destroy', 'bob', '--yes']);
  await live.untilText(/Deleting the stack/);
  assert.equal((await live.kill('SIGINT')).code, 130);
  at.stack.onDelete = 'gone';
  await expectEnd(at.alice.run(['destroy', 'bob', '--yes']), 0, /is gone/);
});

test('only a stack of btr in the account of the channel is deleted', async () => {
  await using stacks = await startStacks();
  const { env } = await stage.cloud();
  const alice = await newcomer(stage, 'alice', { ...env, ...stacks.env });
  const add = (buddy: string, drop: string) => alice.run(['channel', 'add', buddy, '--as', 'a', '--drop', drop]);
  await expectEnd(add('bob', `folder:${stage.path('drop')}`), 0, /Channel bob/);
  await expectEnd(alice.run(['destroy', 'bob', '--yes']), 2, /goes over no stack/);
  await expectEnd(add('carol', 'aws:tx=x.fifo,rx=y.fifo'), 0, /Channel carol/);
  await expectEnd(alice.run(['destroy', 'carol', '--yes']), 3, /No stack of btr in account 000000000000/);
  await expectEnd(add('dave', 'aws:tx=v.fifo,rx=w.fifo,account=111122223333'), 0, /Channel dave/);
  const other = /in account 111122223333; these credentials are of account 000000000000/;
  await expectEnd(alice.run(['destroy', 'dave', '--yes']), 3, other);
  await expectEnd(alice.run(['destroy', 'erin', '--yes']), 3, /no channel "erin"/);
  assert.ok(stacks.calls.every((call) => call === 'GetCallerIdentity' || call === 'DescribeStacks'));
});

/** What `btr deploy` refuses, says and asks before anything is made, and that a deployment that fails adds nothing. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { dirname } from 'node:path';
import { after, before, test } from 'node:test';
import { eventsOf } from '../tools/btr.ts';
import { builtProgram } from '../tools/built.ts';
import { expectEnd, newcomer } from '../tools/invited.ts';
import { stackOutputs } from '../tools/outputs.ts';
import { type MadeStack, type Stacks, type StacksOptions, startStacks } from '../tools/stacks.ts';
import { type Person, Stage } from '../tools/stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

const credentials = { AWS_ACCESS_KEY_ID: 'owner', AWS_SECRET_ACCESS_KEY: 'not-a-secret', AWS_REGION: 'eu-central-1' };
const toolkit: MadeStack = { status: 'CREATE_COMPLETE' };
const queues = { 'a-to-b': 'https://sqs.example/1/ab.fifo', 'b-to-a': 'https://sqs.example/1/ba.fifo' };

interface Owner extends AsyncDisposable {
  readonly alice: Person;
  readonly stacks: Stacks;
}

/** Alice with a home, and an account with these stacks, which takes for every endpoint there is. */
async function owner(options: StacksOptions): Promise<Owner> {
  const stacks = await startStacks(options);
  const { AWS_ENDPOINT_URL_STS: url = '' } = stacks.env;
  const alice = await newcomer(stage, 'alice', {
    ...credentials,
    AWS_ENDPOINT_URL: url,
    // Its caches go by the user's home and not by HOME, and would remember which account a key is of.
    CDK_HOME: stage.path('cdk'),
  });
  return { alice, stacks, [Symbol.asyncDispose]: () => stacks[Symbol.asyncDispose]() };
}

async function assertNoChannel(person: Person): Promise<void> {
  assert.equal((await person.run(['channel', 'list', '--json'])).stdout, '');
}

/** What is asked for to look, and changes nothing. */
const looks = new Set(['GetCallerIdentity', 'DescribeStacks']);

test('without a home, btr init comes first, and the cloud is not asked', async () => {
  await using stacks = await startStacks();
  const nobody = stage.person('nobody', { ...credentials, ...stacks.env });
  await expectEnd(nobody.run(['deploy', 'alice', 'bob']), 3, /no home.*btr init/s);
  assert.deepEqual(stacks.calls, []);
});

test('names and regions that AWS would not take are refused at once', async () => {
  await using at = await owner({});
  await expectEnd(at.alice.run(['deploy', 'alice', 'b_b']), 2, /"b_b" can't be used.*letters/s);
  await expectEnd(at.alice.run(['deploy', 'alice', 'bob', '--region', 'Mars']), 2, /"Mars" is no region/);
  assert.deepEqual(at.stacks.calls, []);
});

test("the CDK app's own rules are told in its words", async () => {
  await using at = await owner({});
  const args = ['deploy', 'alice', 'Alice'];
  await expectEnd(at.alice.run(args), 2, /btr: .*'alice' and 'Alice'.*too much alike\.\nThey must differ/);
});

test('without credentials, and with those that AWS does not know, it says so', async () => {
  await using at = await owner({ refuse: () => ({ code: 'InvalidClientTokenId' }) });
  const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
  await expectEnd(at.alice.run(['deploy', 'alice', 'bob'], { env: none }), 4, /No usable AWS credentials/);
  await expectEnd(at.alice.run(['deploy', 'alice', 'bob']), 4, /does not know these credentials/);
  const nowhere = { env: { AWS_REGION: '' } };
  await expectEnd(at.alice.run(['deploy', 'alice', 'bob'], nowhere), 4, /No AWS region is set/);
  delete at.alice.env.AWS_REGION;
  await expectEnd(at.alice.run(['deploy', 'alice', 'bob']), 4, /No AWS region is set/);
});

test("another pair's stack of that name is left alone", async () => {
  const other = {
    status: 'CREATE_COMPLETE',
    outputs: stackOutputs({ queues }, 'Btr-alice-bob', { a: 'ann', b: 'ben' }),
  };
  await using at = await owner({ stacks: { CDKToolkit: toolkit, 'Btr-alice-bob': other } });
  const args = ['deploy', 'alice', 'bob', '--yes'];
  await expectEnd(at.alice.run(args), 2, /for ann \(role a\) and ben \(role b\), not for alice and bob.*--prefix/s);
  assert.ok(at.stacks.calls.every((call) => looks.has(call)));
  await assertNoChannel(at.alice);
});

test('a channel over queues of the same names in another region is not taken for this one', async () => {
  await using at = await owner({});
  const queues = { 'a-to-b': 'Btr-alice-bob-a-to-b.fifo', 'b-to-a': 'Btr-alice-bob-b-to-a.fifo' };
  const drop = { kind: 'aws', queues, region: 'us-east-1', account: '000000000000' };
  await at.alice.within((messenger) => messenger.addChannel({ name: 'robert', role: 'a', drop, suite: 'signal' }));
  const args = ['deploy', 'alice', 'bob'];
  await expectEnd(at.alice.run(args), 3, /robert.*region us-east-1\.\n.*region eu-central-1/);
  await expectEnd(at.alice.run([...args, '--region', 'us-east-1']), 2, /This wants a yes/);
});

test('what will be made is shown with its price, and nothing is made without a yes', async () => {
  await using at = await owner({});
  const args = ['deploy', 'alice', 'bob', '--region', 'eu-west-1', '--expiry', 'off', '--alarms', 'off', '--json'];
  const { stdout } = await expectEnd(at.alice.run(args), 2, /Before it, once.*CDKToolkit.*\$0\.\d\d a month.*--yes/s);
  const [plan] = eventsOf(stdout);
  const { resources, monthly, ...where } = plan ?? {};
  assert.deepEqual(where, {
    event: 'plan',
    stack: 'Btr-alice-bob',
    account: '000000000000',
    region: 'eu-west-1',
    caller: 'arn:aws:iam::000000000000:user/owner',
    state: 'new',
    bootstraps: true,
  });
  assert.ok(Array.isArray(resources));
  const counts = new Map(resources.map(({ type, count }) => [type, count]));
  assert.deepEqual(
    ['SQS::Queue', 'S3::Bucket', 'IAM::User', 'Lambda::Function', 'CloudWatch::Alarm'].map((type) =>
      counts.get(`AWS::${type}`),
    ),
    [4, 1, 2, undefined, undefined],
  );
  assert.ok(typeof monthly === 'object' && monthly !== null && 'dollars' in monthly);
  assert.ok(at.stacks.calls.every((call) => looks.has(call)));
});

test('a deployment that fails ends with the last words of the CDK, and adds no channel', async () => {
  const refuse = (action: string) => (looks.has(action) ? undefined : { code: 'AccessDenied' });
  await using at = await owner({ stacks: { CDKToolkit: toolkit }, refuse });
  const args = ['deploy', 'alice', 'bob', '--yes'];
  await expectEnd(at.alice.run(args), 4, /btr: cdk deploy did not succeed: .*\w.*\nMend what it names/);
  await assertNoChannel(at.alice);
});

test('Ctrl-C ends the CDK as well, and adds no channel', async () => {
  await using at = await owner({ stacks: { CDKToolkit: toolkit } });
  await using live = at.alice.start(['deploy', 'alice', 'bob', '--yes']);
  await live.untilText(/Synthesis time/);
  assert.equal((await live.kill('SIGINT')).code, 130);
  await assertNoChannel(at.alice);
});

test('an installation without the CDK app says what to do', async () => {
  const folder = stage.path('installed');
  await cp(dirname(builtProgram()), folder, { recursive: true });
  const { env } = stage.person('elsewhere');
  const { status, stderr } = spawnSync(process.execPath, [`${folder}/btr.js`, 'deploy', 'alice', 'bob'], {
    env,
    cwd: stage.folder,
    encoding: 'utf8',
  });
  assert.equal(status, 3, stderr);
  assert.match(stderr, /no CDK app.*clone.*npx btr deploy/s);
});

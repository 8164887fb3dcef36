/** The real CDK and the real commands against moto, and clients over what they deployed. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { IAMClient, ListAccessKeysCommand, ListAttachedUserPoliciesCommand } from '@aws-sdk/client-iam';
import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { eventsOf } from '../tools/btr.ts';
import { expectEnd, invites, joins, newcomer, settle } from '../tools/invited.ts';
import { type Person, Stage } from '../tools/stage.ts';
import { runCdk } from './cdk.ts';
import { motoMissing } from './moto.ts';
import { type Account, startAccount } from './moto-front.ts';
import { account, region } from './template.ts';

interface Clients {
  readonly sqs: SQSClient;
  readonly iam: IAMClient;
  readonly stacks: CloudFormationClient;
}

describe('on moto', { skip: motoMissing(), timeout: 1_200_000 }, () => {
  let stage: Stage;
  let cloud: Account;
  before(async () => {
    stage = await Stage.make();
    cloud = await startAccount(stage.path('cdk'));
  });
  after(async () => {
    await cloud?.[Symbol.asyncDispose]();
    await stage?.[Symbol.asyncDispose]();
  });

  /** Alice deploys; bob has no credentials but those of an invite. */
  async function meet(): Promise<{ alice: Person; bob: Person }> {
    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...others } = cloud.env;
    const alice = await newcomer(stage, 'alice', { ...cloud.env });
    const bob = await newcomer(stage, 'bob', others);
    return { alice, bob };
  }

  async function pair(alice: Person, bob: Person, ...args: string[]): Promise<void> {
    const { file, pin } = await invites(alice, 'bob', '--with-key', '--user', 'Btr-alice-bob-bob', ...args);
    await expectEnd(joins(bob, { file }, pin, ...args), 0, /Joined alice/);
    await settle(alice, bob);
  }

  /** A message and a file each way. */
  async function talk(alice: Person, bob: Person): Promise<void> {
    for (const [from, to, buddy] of [
      [alice, bob, 'bob'],
      [bob, alice, 'alice'],
    ] as const) {
      const content = randomBytes(100_000);
      const path = stage.path(`for-${buddy}`);
      await writeFile(path, content);
      await expectEnd(from.run(['send', buddy, `for ${buddy}`, '--file', path]), 0, /for-/);
      const folder = stage.path(`got-by-${buddy}`);
      const { stdout } = await expectEnd(to.run(['listen', '--once', '--files', folder, '--json']), 0, /^/);
      const events = eventsOf(stdout);
      assert.ok(
        events.some(({ event, text }) => event === 'message' && text === `for ${buddy}`),
        stdout,
      );
      const saved = events.find(({ event }) => event === 'file')?.path;
      assert.ok(typeof saved === 'string' && (await readFile(saved)).equals(content));
    }
    await settle(alice, bob);
  }

  async function ask<T>(call: (clients: Clients) => Promise<T>): Promise<T> {
    const { endpoint } = cloud;
    const credentials = { accessKeyId: 'owner', secretAccessKey: 'not-a-secret' };
    const config = { endpoint, region, credentials };
    const clients = {
      sqs: new SQSClient(config),
      iam: new IAMClient(config),
      stacks: new CloudFormationClient(config),
    };
    try {
      return await call(clients);
    } finally {
      for (const client of Object.values(clients)) client.destroy();
    }
  }

  async function stackNames(): Promise<unknown[]> {
    const { Stacks = [] } = await ask(({ stacks }) => stacks.send(new DescribeStacksCommand({})));
    return Stacks.map(({ StackName }) => StackName).filter((name) => name !== 'CDKToolkit');
  }

  async function keysOf(buddy: string): Promise<unknown[]> {
    const { AccessKeyMetadata = [] } = await ask(({ iam }) =>
      iam.send(new ListAccessKeysCommand({ UserName: `Btr-alice-bob-${buddy}` })),
    );
    return AccessKeyMetadata.map(({ AccessKeyId }) => AccessKeyId);
  }

  test('cdk bootstrap, deploy, diff, destroy, and clients by aws: URIs in between', async () => {
    const cdk = async (...args: string[]) => {
      const context = ['-c', 'buddies=alice,bob', '--output', stage.path('cdk.out')];
      const { code, stdout, stderr } = await runCdk([...args, ...context], stage.folder, cloud.env);
      assert.equal(code, 0, `cdk ${args.join(' ')}\n${stdout}${stderr}`);
      return `${stdout}${stderr}`;
    };
    await cdk('bootstrap');
    await cdk('deploy', '--require-approval', 'never');
    // By the templates alone: moto is slow with change sets.
    assert.match(await cdk('diff', '--fail', '--method', 'template'), /no differences/i);

    const name = 'Btr-alice-bob';
    const { QueueUrls = [] } = await ask(({ sqs }) => sqs.send(new ListQueuesCommand({})));
    assert.deepEqual(QueueUrls.map((url) => url.slice(url.lastIndexOf('/') + 1)).sort(), [
      `${name}-a-to-b-dead.fifo`,
      `${name}-a-to-b.fifo`,
      `${name}-b-to-a-dead.fifo`,
      `${name}-b-to-a.fifo`,
    ]);
    const QueueUrl = `${cloud.endpoint}/${account}/${name}-a-to-b.fifo`;
    const { Attributes = {} } = await ask(({ sqs }) =>
      sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] })),
    );
    assert.deepEqual(JSON.parse(Attributes.RedrivePolicy ?? ''), {
      deadLetterTargetArn: `arn:aws:sqs:${region}:${account}:${name}-a-to-b-dead.fifo`,
      maxReceiveCount: 100,
    });
    assert.equal(Attributes.FifoQueue, 'true');
    assert.equal(Attributes.MessageRetentionPeriod, '1209600');
    for (const UserName of [`${name}-alice`, `${name}-bob`]) {
      const { AttachedPolicies = [] } = await ask(({ iam }) =>
        iam.send(new ListAttachedUserPoliciesCommand({ UserName })),
      );
      assert.deepEqual(
        AttachedPolicies.map(({ PolicyName }) => PolicyName),
        [UserName],
      );
    }

    const { StackResources = [] } = await ask(({ stacks }) =>
      stacks.send(new DescribeStackResourcesCommand({ StackName: name })),
    );
    const bucket = StackResources.find(({ ResourceType }) => ResourceType === 'AWS::S3::Bucket')?.PhysicalResourceId;
    const { alice, bob } = await meet();
    const drop = `aws:tx=${name}-a-to-b.fifo,rx=${name}-b-to-a.fifo,bucket=${bucket}`;
    await expectEnd(alice.run(['channel', 'add', 'bob', '--as', 'a', '--drop', drop]), 0, /Next: btr invite bob/);
    await pair(alice, bob);
    await talk(alice, bob);
    // AWS would want bob's key and the files gone first, as btr destroy does it; moto does not mind.
    await cdk('destroy', '--force');
    assert.deepEqual(await stackNames(), []);
  });

  test('btr deploy, twice, an invite with a key, talk, and btr destroy', async () => {
    const { alice, bob } = await meet();
    const deploy = ['deploy', 'alice', 'bob', '--yes', '--json'];
    const first = eventsOf((await expectEnd(alice.run(deploy), 0, /Next: btr invite bob --with-key/)).stdout);
    assert.deepEqual(
      first.map(({ event }) => event),
      ['plan', 'deployed', 'channel', 'key'],
    );
    const [plan, , , own] = first;
    assert.deepEqual(
      [plan?.stack, plan?.account, plan?.region, plan?.state],
      ['Btr-alice-bob', account, region, 'new'],
    );
    await pair(alice, bob);
    await talk(alice, bob);

    const again = eventsOf(
      (await expectEnd(alice.run(deploy), 0, /no differences.*Channel bob goes on as it was/is)).stdout,
    );
    assert.deepEqual(
      again.map(({ event, state }) => [event, state]),
      [
        ['plan', 'there'],
        ['deployed', undefined],
      ],
    );
    await talk(alice, bob);

    await expectEnd(bob.run(['send', 'alice', 'last words']), 0, /^/);
    const [ofAlice, ofBob] = [await keysOf('alice'), await keysOf('bob')];
    assert.deepEqual(ofAlice, [own?.id]);
    assert.equal(ofBob.length, 1);
    const destroy = ['destroy', 'bob', '--yes', '--even-undelivered', '--json'];
    const last = eventsOf((await expectEnd(alice.run(destroy), 0, /btr channel remove bob/)).stdout);
    assert.ok(last.some(({ event, text }) => event === 'message' && text === 'last words'));
    const { keys: deleted, objects } = last.find(({ event }) => event === 'destroyed') ?? {};
    // The home's own key goes last.
    assert.deepEqual(deleted, [...ofBob, ...ofAlice]);
    assert.equal(objects, 4);
    // AWS deletes no user that still has a key, and moto does not mind.
    assert.ok(cloud.calls.lastIndexOf('DeleteAccessKey') < cloud.calls.lastIndexOf('DeleteStack'));
    assert.deepEqual(await stackNames(), []);
    await expectEnd(alice.run(destroy), 3, /No stack of btr/);
    assert.equal((await alice.run(['history', 'bob'])).lines.at(-1), 'bob: last words');

    const anew = await expectEnd(alice.run(deploy), 0, /Next: btr invite bob --with-key --replace/);
    const events = eventsOf(anew.stdout).map(({ event }) => event);
    assert.deepEqual(
      events.filter((event) => event !== 'notice'),
      ['plan', 'deployed', 'moved', 'key'],
    );
    await pair(alice, bob, '--replace');
    await talk(alice, bob);
  });
});

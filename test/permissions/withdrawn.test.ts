/**
 * A policy that lacks one permission of a buddy's, over the wire: the plain sentence names it, and once it is granted
 * again nothing was lost and nothing comes twice.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { type Ended, eventsOf, textsOf } from '../tools/btr.ts';
import { Account, deployment } from '../tools/guard/account.ts';
import type { Policy, Statement } from '../tools/guard/policies.ts';
import { type Pair, Stage } from '../tools/stage.ts';

const channel = deployment('alice', 'bob');

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

interface Story extends Pair {
  /** A path of this test's own. */
  path(name: string): string;
  /** The id of a file that bob was told of and has not fetched. */
  readonly file: string;
}

interface Withdrawal {
  readonly statement: string;
  readonly action: string;
  readonly run: (story: Story) => Promise<Ended>;
  readonly code: number;
  readonly says: RegExp;
  /** What alice's outcome adds to the texts that bob gets in the end. */
  readonly sent?: string;
  /** What was received stays in the queue, and hides the rest until its visibility timeout ends. */
  readonly hides?: true;
}

const withdrawals: readonly Withdrawal[] = [
  {
    statement: 'Send',
    action: 'sqs:SendMessage',
    run: ({ alice }) => alice.run(['send', 'bob', 'middle']),
    code: 4,
    says: /The message is kept.*may not do sqs:SendMessage on queue Btr-alice-bob-a-to-b\.fifo/s,
    sent: 'middle',
  },
  {
    statement: 'Receive',
    action: 'sqs:ReceiveMessage',
    run: ({ bob }) => bob.run(['listen', '--once']),
    code: 4,
    says: /may not do sqs:ReceiveMessage on queue Btr-alice-bob-a-to-b\.fifo/,
  },
  {
    statement: 'Receive',
    action: 'sqs:DeleteMessage',
    run: ({ bob }) => bob.run(['listen', '--once']),
    // It was received and shown; when it comes again it is a repeat, which is not.
    code: 0,
    says: /may not do sqs:DeleteMessage on queue Btr-alice-bob-a-to-b\.fifo/,
    hides: true,
  },
  {
    statement: 'FindQueues',
    action: 'sqs:GetQueueAttributes',
    run: ({ bob }) => bob.run(['doctor']),
    code: 4,
    says: /BAD .*may not do sqs:GetQueueAttributes on queue Btr-alice-bob-a-to-b\.fifo/,
  },
  {
    statement: 'FindQueues',
    action: 'sqs:GetQueueUrl',
    run: ({ bob }) =>
      bob.run(
        [
          'channel',
          'add',
          'named',
          ...['--as', 'b', '--suite', 'fernet'],
          ...['--drop', 'aws:tx=Btr-alice-bob-b-to-a.fifo,rx=Btr-alice-bob-a-to-b.fifo'],
        ],
        { env: { BTR_PIN: 'abcd' } },
      ),
    // The channel is made all the same, and looks again when it is used.
    code: 0,
    says: /may not do sqs:GetQueueUrl on queue Btr-alice-bob-/,
  },
  {
    statement: 'PutParcels',
    action: 's3:PutObject',
    run: ({ alice, path }) => alice.run(['send', 'bob', 'middle', '--file', path('small.bin')]),
    code: 4,
    says: /may not do s3:PutObject on s3:\/\/btr-alice-bob-parcels\/a\//,
    sent: 'middle',
  },
  {
    statement: 'PutParcels',
    action: 's3:DeleteObject',
    run: ({ alice, file }) => alice.run(['files', '--recall', file]),
    code: 4,
    says: /may not do s3:DeleteObject on s3:\/\/btr-alice-bob-parcels\/a\//,
  },
  {
    statement: 'TakeParcels',
    action: 's3:GetObject',
    run: ({ bob, file, path }) => bob.run(['get', file, '--out', path('denied.bin')]),
    code: 4,
    says: /may not do s3:GetObject on s3:\/\/btr-alice-bob-parcels\/a\//,
  },
  {
    statement: 'TakeParcels',
    action: 's3:DeleteObject',
    // It is stored here all the same.
    run: ({ bob, file, path }) => bob.run(['get', file, '--out', path('not-burned.bin')]),
    code: 0,
    says: /may not do s3:DeleteObject on s3:\/\/btr-alice-bob-parcels\/a\//,
  },
];

describe('without one permission', { concurrency: 3 }, () => {
  for (const [index, { statement, action, run, code, says, sent = [], hides }] of withdrawals.entries()) {
    test(`${action} of ${statement}`, async () => {
      await using account = await Account.start(channel);
      const pair = await account.pair(stage, channel);
      const { alice, bob } = pair;
      const path = (name: string) => stage.path(`${index}-${name}`);
      await writeFile(path('small.bin'), `content ${index}`);
      await ends(alice.run(['send', 'bob', 'first', '--file', path('small.bin'), '--burn']));
      const told = eventsOf((await ends(bob.run(['listen', '--once', '--json']))).stdout);
      const file = String(told.find(({ event }) => event === 'file')?.id);
      await ends(alice.run(['send', 'bob', 'second']));

      const whole = account.guard.policies;
      account.guard.policies = whole.map((policy) => without(policy, statement, action));
      const ended = await run({ ...pair, path, file });
      const said = `${ended.stdout}${ended.stderr}`;
      assert.equal(ended.code, code, said);
      assert.match(said, says);
      assert.match(said, /the owner of the stack can grant the permission/);
      assert.doesNotMatch(said, /\n\s+at |arn:aws|node_modules/);
      assert.ok(account.guard.denials.some((denial) => denial.action === action));

      account.guard.policies = whole;
      await ends(alice.run(['send', 'bob', 'last']));
      const texts = ['first', 'second', ...[sent].flat(), 'last'];
      await ends(bob.run(['listen', 'alice', '--once']));
      const history = await ends(bob.run(['history', 'alice', '--json']));
      assert.deepEqual(textsOf(eventsOf(history.stdout)), hides ? texts.slice(0, -1) : texts);
      assert.equal(account.cloud.peek('Btr-alice-bob-a-to-b.fifo').length, hides ? 2 : 0);
      if (action === 's3:DeleteObject') return;
      await ends(bob.run(['get', file, '--out', path('got.bin')]));
      assert.equal(await readFile(path('got.bin'), 'utf8'), `content ${index}`);
    });
  }

  test('s3:AbortMultipartUpload of PutParcels: what can not be given up is left to the bucket, and the file goes', async () => {
    await using account = await Account.start(channel);
    const { guard, cloud } = account;
    const { alice, bob } = await account.pair(stage, channel);
    const path = stage.path('changed.bin');
    const send = () => alice.run(['send', 'bob', '--file', path]);
    // Eight parts, of which five are under way at most: some are there when the rest is denied.
    await writeFile(path, randomBytes(60_000_000));
    const whole = guard.policies;
    let puts = 0;
    guard.onPass = ([need]) => {
      if (need?.action === 's3:PutObject' && ++puts === 7) guard.policies = [];
    };
    assert.equal((await send()).code, 4);
    const content = randomBytes(60_000_000);
    await writeFile(path, content);
    guard.policies = whole.map((policy) => without(policy, 'PutParcels', 's3:AbortMultipartUpload'));
    await ends(send());
    assert.equal(guard.denials.at(-1)?.action, 's3:AbortMultipartUpload');
    assert.deepEqual([cloud.calls().CreateMultipartUpload, cloud.calls().AbortMultipartUpload], [2, undefined]);
    await ends(bob.run(['listen', '--once', '--files', stage.path('changed')]));
    assert.ok(content.equals(await readFile(stage.path('changed', 'changed.bin'))));
  });
});

async function ends(run: Promise<Ended>): Promise<Ended> {
  const ended = await run;
  assert.equal(ended.code, 0, ended.stderr);
  return ended;
}

function without(policy: Policy, sid: string, action: string): Policy {
  const kept = (statement: Statement): readonly Statement[] => {
    if (statement.Sid !== sid) return [statement];
    const Action = [statement.Action].flat().filter((one) => one !== action);
    return Action.length === 0 ? [] : [{ ...statement, Action }];
  };
  return { ...policy, document: { ...policy.document, Statement: policy.document.Statement.flatMap(kept) } };
}

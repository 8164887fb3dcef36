/**
 * What the policies forbid, tried all the same by real processes: each ends with code 4, says which permission is
 * missing on what, and loses nothing.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { openAwsDrop } from '../../client/drops/aws/index.ts';
import type { ParcelStore } from '../../client/drops/drop.ts';
import { freshKey, parcelsOf, readRange } from '../contract/tools.ts';
import { Account, deployment, outputsOf, userOf } from '../tools/guard/account.ts';
import type { Principal } from '../tools/guard/policies.ts';
import { newcomer } from '../tools/invited.ts';
import { type Pair, Stage } from '../tools/stage.ts';

const channel = deployment('alice', 'bob');
const another = deployment('carol', 'dave');
const [alice, bob, carol] = [userOf(channel, 'alice'), userOf(channel, 'bob'), userOf(another, 'carol')];

let stage: Stage;
before(async () => {
  stage = await Stage.make();
  await writeFile(stage.path('outputs.json'), outputsOf(channel));
  await writeFile(stage.path('file.txt'), 'a file');
});
after(() => stage[Symbol.asyncDispose]());

interface Forbidden {
  readonly what: string;
  readonly home: keyof Pair;
  readonly as: Principal;
  readonly args: readonly string[];
  readonly missing: readonly RegExp[];
}

const forbidden: readonly Forbidden[] = [
  {
    what: "sending with the other side's key",
    home: 'alice',
    as: bob,
    args: ['send', 'bob', 'text'],
    missing: [/sqs:SendMessage on queue Btr-alice-bob-a-to-b\.fifo/],
  },
  {
    what: "receiving with the other side's key",
    home: 'alice',
    as: bob,
    args: ['listen', '--once'],
    missing: [/sqs:ReceiveMessage on queue Btr-alice-bob-b-to-a\.fifo/],
  },
  {
    what: 'sending with the key of another channel',
    home: 'alice',
    as: carol,
    args: ['send', 'bob', 'text'],
    missing: [/sqs:SendMessage on queue Btr-alice-bob-a-to-b\.fifo/],
  },
  {
    what: 'looking with the key of another channel',
    home: 'bob',
    as: carol,
    args: ['doctor'],
    missing: [/sqs:GetQueueAttributes on queue .*a-to-b\.fifo/, /sqs:GetQueueAttributes on queue .*b-to-a\.fifo/],
  },
  {
    what: "a file with the other side's key",
    home: 'alice',
    as: bob,
    args: ['send', 'bob', '--file', 'file.txt'],
    missing: [/s3:PutObject on s3:\/\/btr-alice-bob-parcels\/a\//],
  },
  {
    what: 'the other role where a stack does not allow it',
    home: 'alice',
    as: alice,
    args: ['swap', 'bob'],
    missing: [/sqs:\w+ on queue Btr-alice-bob-/],
  },
  {
    what: "removing what has expired with a buddy's key",
    home: 'alice',
    as: alice,
    args: ['expire', 'bob'],
    missing: [/s3:ListBucket on (s3:\/\/)?btr-alice-bob-parcels/],
  },
];

describe('what the policies forbid', { concurrency: 3 }, () => {
  for (const { what, home, as, args, missing } of forbidden) {
    test(what, async () => {
      await using account = await Account.start(channel, another);
      const { alice: one, bob: other, [home]: person } = await account.pair(stage, channel);
      const { code, stdout, stderr } = await person.run(args, { env: account.guard.env(as), cwd: stage.folder });
      const said = `${stdout}${stderr}`;
      assert.equal(code, 4, said);
      for (const sentence of missing) assert.match(said, new RegExp(`may not do ${sentence.source}`));
      assert.match(said, /the owner of the stack can grant the permission/);
      assert.doesNotMatch(said, /\n\s+at |arn:aws|node_modules/);
      // With the right key again, what was kept goes out and the channel is as before.
      assert.equal((await one.run(['send', 'bob', 'and this'])).code, 0);
      const kept = args.includes('text') ? ['text'] : [];
      const lines = await other.listens();
      assert.deepEqual(
        lines.filter((line) => !line.includes('file.txt')),
        [...kept, 'and this'],
      );
    });
  }

  for (const [what, as, act, permission] of [
    ['putting under the prefix of the other', alice, (store: ParcelStore) => store.create(freshKey('b')), 'PutObject'],
    ['reading what oneself put', alice, (store: ParcelStore) => readRange(store, freshKey('a'), 0, 1), 'GetObject'],
    ['reading in another channel', carol, (store: ParcelStore) => readRange(store, freshKey('a'), 0, 1), 'GetObject'],
    ['removing in another channel', carol, (store: ParcelStore) => store.remove(freshKey('a')), 'DeleteObject'],
  ] as const) {
    test(what, async () => {
      await using account = await Account.start(channel, another);
      const credentials = account.guard.keyFor(as);
      const drop = openAwsDrop({ address: account.address(channel, 'a'), role: 'a', credentials });
      await assert.rejects(act(parcelsOf(drop)), {
        code: 'access-denied',
        exitCode: 4,
        message: new RegExp(`may not do s3:${permission} on s3://btr-alice-bob-parcels/[ab]/`),
      });
      await drop.close();
    });
  }

  test('making keys for a buddy as a mere buddy', async () => {
    await using account = await Account.start(channel);
    const person = await newcomer(stage, 'alice', account.guard.env(alice));
    const place = ['--as', 'alice', '--outputs', stage.path('outputs.json')];
    const { code, stdout, stderr } = await person.run(['invite', 'bob', ...place, '--with-key']);
    assert.equal(code, 4, stderr);
    assert.match(stderr, /may not do iam:CreateAccessKey on IAM user Btr-alice-bob-bob/);
    assert.equal(stdout, '');
    assert.deepEqual(account.iam.keys, []);
  });
});

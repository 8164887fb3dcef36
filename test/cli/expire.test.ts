/** `btr expire`: over a folder and a bucket, for people and for scripts. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { formatParcelKey } from '../../client/protocol/parcel-key.ts';
import { TestBucket } from '../lambdas/bucket.ts';
import { eventsOf } from '../tools/btr.ts';
import { type Person, pin, Stage } from '../tools/stage.ts';
import { stubEndpoint } from '../tools/stub.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

/** A home whose channel is over this bucket. */
async function ownerOf(bucket: TestBucket, name: string): Promise<Person> {
  const person = stage.person(name, { ...bucket.env });
  const drop = `aws:tx=ab.fifo,rx=ba.fifo,bucket=${bucket.name},region=us-east-1`;
  const { Messenger, parseDropUri } = await import('../../client/messenger/index.ts');
  const messenger = await Messenger.create({ home: person.home, name });
  await messenger.addChannel({ name: 'bob', role: 'a', drop: await parseDropUri(drop, 'a'), suite: 'fernet', pin });
  await messenger.close();
  return person;
}

describe('expire', { concurrency: 2 }, () => {
  test('over a folder: what has passed goes, what waits can still be fetched', async () => {
    const { alice, bob } = await stage.folderPair();
    const file = join(alice.home, 'note.txt');
    await writeFile(file, 'hello');
    assert.equal((await alice.run(['send', '--file', file])).code, 0);
    const [path = ''] = await alice.within((messenger) => messenger.channels().map(({ drop }) => String(drop.path)));
    for (const [role, byte] of [
      ['a', 1],
      ['b', 2],
    ] as const) {
      const parcel = join(path, 'parcels', formatParcelKey(role, Date.now() - DAY, Buffer.alloc(16, byte)));
      await mkdir(dirname(parcel), { recursive: true });
      await writeFile(parcel, 'x');
    }
    const { code, stdout, stderr } = await bob.run(['expire']);
    assert.deepEqual(
      { code, stdout, stderr },
      { code: 0, stdout: 'removed 2 parcels, gave up 0 uploads\n', stderr: '' },
    );
    assert.deepEqual(await bob.run(['expire', 'alice', '--json']).then(({ stdout }) => eventsOf(stdout)), [
      { event: 'expired', channel: 'alice', removed: 0, aborted: 0, failed: 0, finished: true },
    ]);
    const got = await bob.run(['listen', '--once', '--files', join(bob.home, 'files'), '--json']);
    assert.deepEqual(
      [got.code, eventsOf(got.stdout).some(({ event, path }) => event === 'file' && path !== null)],
      [0, true],
    );
  });

  test('over a bucket, with the rights of the environment', async () => {
    await using bucket = await TestBucket.make();
    const owner = await ownerOf(bucket, 'owner');
    const fresh = bucket.fill(10, [2]);
    bucket.fill(3, [-2]);
    bucket.startUpload(fresh[0] ?? '', 8 * DAY);
    const { code, stdout } = await owner.run(['expire', 'bob']);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'removed 3 parcels, gave up 1 upload\n' });
    assert.deepEqual(bucket.keys(), new Set(fresh));
  });

  test('a buddy, who may list nothing, is told which permission is missing', async () => {
    await using bucket = await TestBucket.make();
    bucket.put(formatParcelKey('a', Date.now() - HOUR, Buffer.alloc(16)));
    const buddy = await ownerOf(bucket, 'buddy');
    const body = '<Error><Code>AccessDenied</Code><Message>no</Message></Error>';
    await using stub = await stubEndpoint(bucket.cloud.endpoint, (action) =>
      action === 'GET' ? { status: 403, headers: { 'content-type': 'application/xml' }, body } : undefined,
    );
    const { code, stdout, stderr } = await buddy.run(['expire', '--json'], {
      env: { AWS_ENDPOINT_URL: stub.endpoint },
    });
    assert.equal(code, 4);
    assert.match(stderr, new RegExp(`may not do s3:ListBucket on s3://${bucket.name}\\.`));
    assert.match(stderr, /Check that the right AWS profile is used/);
    assert.deepEqual(
      eventsOf(stdout).map((event) => [event.event, event.code]),
      [['error', 'access-denied']],
    );
    assert.equal(bucket.keys().size, 1);
  });

  test('what could not be removed is counted, and the exit code is 4', async () => {
    const { alice } = await stage.folderPair();
    const [path = ''] = await alice.within((messenger) => messenger.channels().map(({ drop }) => String(drop.path)));
    // A folder with a parcel's name can't be unlinked.
    const key = formatParcelKey('b', Date.now() - DAY, Buffer.alloc(16));
    await mkdir(join(path, 'parcels', key), { recursive: true });
    const { code, stdout, stderr } = await alice.run(['expire']);
    assert.deepEqual({ code, stdout }, { code: 4, stdout: 'removed 0 parcels, gave up 0 uploads\n' });
    assert.match(stderr, /^btr: One parcel or upload whose time has passed could not be removed\.\nRun it again;/);
  });
});

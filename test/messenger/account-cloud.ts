/**
 * A cloud whose letters and parcels lie in SQS and S3: side a asks as alice and side b as bob, each with a key of their
 * own, and every request passes the guard. What a scenario does to its cloud by hand is done to the embedded cloud's
 * stores, and the virtual clock ages what lies in them.
 */
import assert from 'node:assert/strict';
import { afterEach } from 'node:test';
import { openAwsDrop } from '../../client/drops/aws/index.ts';
import type { MemoryCloud } from '../../client/drops/memory/cloud.ts';
import { parseParcelKey } from '../../client/protocol/parcel-key.ts';
import type { Direction, Role } from '../../client/protocol/roles.ts';
import { Account, deployment, userOf } from '../tools/guard/account.ts';
import { StoredQueue } from '../tools/guard/stored-queue.ts';

const channel = deployment('alice', 'bob');
const bucket = 'btr-alice-bob-parcels';
const accounts = new Map<MemoryCloud, Promise<Account>>();

afterEach(async (context) => {
  const used = await Promise.all(accounts.values());
  accounts.clear();
  for (const account of used) await account[Symbol.asyncDispose]();
  // Whoever runs the scenarios sees that they did not pass by it.
  if ('diagnostic' in context && used.some(({ cloud }) => Object.keys(cloud.calls()).length > 0)) {
    context.diagnostic('through an account');
  }
  // Who completes an upload that is gone asks whether it is complete, which a sender may not read.
  const denials = used.flatMap(({ guard }) => guard.denials).filter(({ action }) => action !== 's3:GetObject');
  assert.deepEqual(denials, [], 'what a scenario asks for is allowed');
});

/** The same cloud, in an account of its own from now on, which ends with the test. */
export async function inAccount(cloud: MemoryCloud): Promise<MemoryCloud> {
  const account = accounts.get(cloud) ?? moveInto(cloud);
  accounts.set(cloud, account);
  await account;
  return cloud;
}

async function moveInto(cloud: MemoryCloud): Promise<Account> {
  const account = await Account.start(channel);
  account.guard.isHurried = true;
  const { sqsStore, s3Store } = account.stores;
  const queue = (direction: Direction) => {
    const found = sqsStore.getQueueByName(`${channel.template.stackName}-${direction}.fifo`);
    assert.ok(found);
    return new StoredQueue(found);
  };
  const queues = { 'a-to-b': queue('a-to-b'), 'b-to-a': queue('b-to-a') };
  const keyOf = (role: Role) => account.guard.keyFor(userOf(channel, channel[role]));
  const credentials = { a: keyOf('a'), b: keyOf('b') };
  const keys = () => s3Store.listObjects(bucket).objects.map(({ key }) => key);
  const advance = cloud.advance.bind(cloud);

  cloud.drop = (role) => {
    const drop = openAwsDrop({ address: account.address(channel, role), role, credentials: credentials[role] });
    return Object.assign(drop, { limits: cloud.limits });
  };
  cloud.waiting = (direction) => queues[direction].waiting();
  cloud.held = (direction) => queues[direction].held();
  cloud.inject = (direction, body) => queues[direction].add(body);
  cloud.tamper = (direction, change) => queues[direction].tamper(change);
  cloud.parcelKeys = keys;
  cloud.tamperParcel = (key, change) => {
    const bytes = change(Uint8Array.from(s3Store.getObject(bucket, key).body));
    if (bytes === undefined) s3Store.deleteObject(bucket, key);
    else s3Store.putObject(bucket, key, Buffer.from(bytes));
  };
  cloud.advance = (milliseconds) => {
    advance(milliseconds);
    for (const stored of Object.values(queues)) stored.age(milliseconds);
    // As the expiry function would.
    for (const key of keys()) {
      if ((parseParcelKey(key)?.expiresAt ?? 0) <= cloud.now) s3Store.deleteObject(bucket, key);
    }
  };
  cloud.setFaults = () => {
    throw new Error('an account makes no faults of its own');
  };
  return account;
}

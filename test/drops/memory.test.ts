/** The faults of the memory drop; what every drop does is in test/contract. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createMemoryCloud, type MemoryCloud } from '../../client/drops/memory/cloud.ts';
import type { Faults } from '../../client/drops/memory/faults.ts';
import { DropError } from '../../client/errors.ts';
import {
  bodies,
  collectNow,
  freshKey,
  nextBatch,
  parcelOf,
  parcelsOf,
  putParcel,
  readRange,
} from '../contract/tools.ts';

/** Leaves one letter a call, whatever comes of it; the results say which calls were accepted. */
async function leaveEach(cloud: MemoryCloud, texts: readonly string[]): Promise<boolean[]> {
  const drop = cloud.drop('a');
  const results: boolean[] = [];
  for (const body of texts) {
    const accepted = await drop.leave([{ to: 'b', body }]).then(
      () => true,
      (error: unknown) => {
        assert.ok(error instanceof DropError && error.retryable);
        return false;
      },
    );
    results.push(accepted);
  }
  return results;
}

const texts = Array.from({ length: 40 }, (_, index) => `letter-${index}`);

test('memory: the same seed gives the same faults, another seed others', async () => {
  const faults = { loss: 0.2, repeat: 0.2, reorder: 0.3, corruption: 0.1, failure: 0.2, crash: 0.1 };
  const run = async (seed: number) => {
    const cloud = createMemoryCloud({ seed, faults });
    const accepted = await leaveEach(cloud, texts);
    return { accepted, waiting: cloud.waiting('a-to-b') };
  };
  const [one, again, other] = [await run(7), await run(7), await run(8)];
  assert.deepEqual(one, again);
  assert.notDeepEqual(one, other);
});

test('memory: lost letters were accepted, repeated ones come twice, reordered ones are all there', async () => {
  const lossy = createMemoryCloud({ faults: { loss: 0.5 } });
  assert.ok((await leaveEach(lossy, texts)).every(Boolean));
  const kept = lossy.waiting('a-to-b');
  assert.ok(kept.length > 0 && kept.length < texts.length);

  const repeating = createMemoryCloud({ faults: { repeat: 1 } });
  await leaveEach(repeating, texts);
  assert.deepEqual(repeating.waiting('a-to-b').sort(), [...texts, ...texts].sort());

  const reordering = createMemoryCloud({ faults: { reorder: 0.5 } });
  await leaveEach(reordering, texts);
  assert.notDeepEqual(reordering.waiting('a-to-b'), texts);
  assert.deepEqual(reordering.waiting('a-to-b').sort(), [...texts].sort());
});

test('memory: late letters come when the virtual clock gets there', async () => {
  const cloud = createMemoryCloud({ faults: { delay: 1, maxDelay: 1_000 } });
  await leaveEach(cloud, ['late']);
  assert.deepEqual(await collectNow(cloud.drop('b')), []);
  const at = cloud.nextChange();
  assert.ok(at !== undefined && at > cloud.now && at <= cloud.now + 1_000);
  cloud.advance(at - cloud.now);
  assert.deepEqual(await collectNow(cloud.drop('b')), ['late']);
  assert.equal(cloud.nextChange(), undefined);
});

test('memory: a waiting collector is woken by the clock', async () => {
  const cloud = createMemoryCloud({ faults: { delay: 1, maxDelay: 1_000 } });
  await leaveEach(cloud, ['late']);
  const iterator = cloud.drop('b').collect({ wait: true })[Symbol.asyncIterator]();
  const batch = nextBatch(iterator);
  cloud.advance(1_000);
  assert.equal((await batch)[0]?.body, 'late');
  await iterator.return?.();
});

test('memory: a failed call did nothing, one whose answer is lost did everything', async () => {
  const failing = createMemoryCloud({ faults: { failure: 1 } });
  assert.deepEqual(await leaveEach(failing, ['x']), [false]);
  assert.deepEqual(failing.waiting('a-to-b'), []);
  const losing = createMemoryCloud({ faults: { lostReply: 1 } });
  assert.deepEqual(await leaveEach(losing, ['x']), [false]);
  assert.deepEqual(losing.waiting('a-to-b'), ['x']);
});

test('memory: a crash in the middle of a call leaves the first letters of it', async () => {
  const cloud = createMemoryCloud({ faults: { crash: 1 }, seed: 3 });
  const drop = cloud.drop('a');
  const lengths = new Set<number>();
  for (let round = 0; round < 20; round += 1) {
    cloud.tamper('a-to-b', () => undefined);
    const batch = bodies(4);
    await assert.rejects(drop.leave(batch.map((body) => ({ to: 'b', body }))), { retryable: true });
    const left = cloud.waiting('a-to-b');
    assert.deepEqual(left, batch.slice(0, left.length));
    lengths.add(left.length);
  }
  assert.deepEqual([...lengths].sort(), [0, 1, 2, 3]);
});

test('memory: a deduplication id is remembered for five minutes, as SQS does, even after the letter is gone', async () => {
  const cloud = createMemoryCloud();
  const [a, b] = [cloud.drop('a'), cloud.drop('b')];
  const letter = { to: 'b', body: 'again', deduplicationId: 'id-1' };
  await a.leave([letter]);
  assert.deepEqual(await collectNow(b), ['again']);
  await a.leave([letter]);
  assert.deepEqual(await collectNow(b), []);
  cloud.advance(300_000);
  await a.leave([letter]);
  assert.deepEqual(await collectNow(b), ['again']);
});

test('memory: letters that were not settled come back when their time is over', async () => {
  const cloud = createMemoryCloud();
  await leaveEach(cloud, ['one', 'two']);
  const iterator = cloud.drop('b').collect({ wait: true })[Symbol.asyncIterator]();
  await nextBatch(iterator);
  assert.deepEqual(cloud.held('a-to-b'), ['one', 'two']);
  assert.deepEqual(await collectNow(cloud.drop('b')), []);
  cloud.advance(30_000);
  assert.deepEqual(await collectNow(cloud.drop('b')), ['one', 'two']);
});

test('memory: with held letters later ones wait, unless the cloud is told otherwise', async () => {
  for (const holdBack of [true, false]) {
    const cloud = createMemoryCloud({ holdBack });
    await leaveEach(cloud, ['one']);
    await nextBatch(cloud.drop('b').collect({ wait: true })[Symbol.asyncIterator]());
    await leaveEach(cloud, ['two']);
    assert.deepEqual(await collectNow(cloud.drop('b')), holdBack ? [] : ['two']);
  }
});

test('memory: a killed side settles nothing and gives nothing back before its time', async () => {
  const cloud = createMemoryCloud();
  await leaveEach(cloud, ['one']);
  const killed = cloud.drop('b');
  const iterator = killed.collect({ wait: true })[Symbol.asyncIterator]();
  const [delivery] = await nextBatch(iterator);
  const other = cloud.drop('b').collect({ wait: true })[Symbol.asyncIterator]();
  const waiting = assert.rejects(async () => other.next(), { code: 'drop-closed' });
  cloud.kill('b');
  await waiting;
  await assert.rejects(async () => delivery?.done(), { code: 'drop-closed' });
  await assert.rejects(async () => iterator.next(), { code: 'drop-closed' });
  assert.deepEqual(cloud.held('a-to-b'), ['one']);
  await leaveEach(cloud, ['two']);
  cloud.advance(30_000);
  assert.deepEqual(await collectNow(cloud.drop('b')), ['one', 'two']);
});

test('memory: letters can be forged, altered and removed', async () => {
  const cloud = createMemoryCloud();
  await leaveEach(cloud, ['one', 'two', 'three']);
  cloud.inject('a-to-b', 'forged');
  cloud.tamper('a-to-b', (body, index) => (index === 1 ? undefined : `${body}!`));
  assert.deepEqual(await collectNow(cloud.drop('b')), ['one!', 'three!', 'forged!']);
});

test('memory: parcels get lost, corrupted, cut, altered and expire', async () => {
  const cloud = createMemoryCloud({ now: Date.now() });
  const store = parcelsOf(cloud.drop('a'));
  const parcel = parcelOf(store, 0, 3_000);
  const key = freshKey('a');
  await putParcel(store, key, parcel);

  cloud.setFaults({ parcelCorruption: 1 });
  const corrupted = await readRange(store, key, 0, 3_000);
  const differing = corrupted.filter((byte, index) => byte !== parcel.bytes[index]);
  assert.equal(differing.length, 1);
  cloud.setFaults({ parcelCorruption: 0, parcelCut: 1 });
  await assert.rejects(readRange(store, key, 0, 3_000), { retryable: true });
  cloud.heal();
  assert.deepEqual(await readRange(store, key, 0, 3_000), parcel.bytes);

  cloud.tamperParcel(key, (bytes) => bytes.subarray(1));
  assert.deepEqual(await readRange(store, key, 0, 3_000), parcel.bytes.subarray(1));
  cloud.setFaults({ parcelLoss: 1 });
  const lost = freshKey('a');
  await putParcel(store, lost, parcel);
  await assert.rejects(readRange(store, lost, 0, 1), { code: 'no-such-parcel' });
  assert.deepEqual(cloud.parcelKeys(), [key]);
  cloud.advance(3 * 3_600_000);
  assert.deepEqual(cloud.parcelKeys(), []);
});

const probability = fc.double({ min: 0, max: 0.5, noNaN: true });
const anyFaults: fc.Arbitrary<Partial<Faults>> = fc.record({
  loss: probability,
  repeat: probability,
  delay: probability,
  reorder: probability,
  failure: probability,
  lostReply: probability,
  crash: probability,
});

test('memory: once healed, whatever is left arrives, in order, after any faults before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), anyFaults, fc.nat(20), async (seed, faults, before) => {
      const cloud = createMemoryCloud({ seed, faults });
      await leaveEach(cloud, texts.slice(0, before));
      await collectNow(cloud.drop('b')).catch((error: unknown) => assert.ok(error instanceof DropError));
      cloud.kill('b');
      cloud.heal();
      const left = texts.map((text) => `after ${text}`);
      const accepted = await leaveEach(cloud, left);
      assert.ok(accepted.every(Boolean));
      const collected = await collectNow(cloud.drop('b'));
      assert.deepEqual(
        collected.filter((body) => body.startsWith('after')),
        left,
      );
    }),
    { numRuns: 100 },
  );
});

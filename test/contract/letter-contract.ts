/** The contract's part on letters: see drop-contract.ts. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { BtrError } from '../../client/errors.ts';
import { contractTimeout, type MakeTestPlace } from './drop-contract.ts';
import { bodies, collectDone, collectNow, leaveAll, nextBatch, randomBody } from './tools.ts';

export function letterContract(kind: string, makePlace: MakeTestPlace): void {
  const contract = (name: string, run: () => Promise<void>) =>
    test(`${kind}: ${name}`, { timeout: contractTimeout }, run);

  contract('letters come in the order in which they were left', async () => {
    await using place = await makePlace();
    const { a, b } = await place.both();
    const left = bodies(25);
    await leaveAll(a, 'a', left);
    assert.deepEqual(await collectDone(b, left.length), left);
    assert.deepEqual(await collectNow(b), []);
  });

  contract('letters of several calls at once keep the order of the calls', async () => {
    await using place = await makePlace();
    const { a, b } = await place.both();
    const left = bodies(12);
    for (const body of left.slice(0, 4)) await a.leave([{ to: 'b', body }]);
    await a.leave(left.slice(4, 8).map((body) => ({ to: 'all', body })));
    await a.leave(left.slice(8).map((body) => ({ to: 'b', body })));
    assert.deepEqual(await collectDone(b, left.length), left);
  });

  contract('an empty call leaves nothing', async () => {
    await using place = await makePlace();
    const { a, b } = await place.both();
    await a.leave([]);
    assert.deepEqual(await collectNow(b), []);
  });

  contract('each direction is its own', async () => {
    await using place = await makePlace();
    const { a, b } = await place.both();
    const [fromA, fromB] = [bodies(3), bodies(3)];
    await Promise.all([leaveAll(a, 'a', fromA), leaveAll(b, 'b', fromB)]);
    assert.deepEqual(await collectDone(b, 3), fromA);
    assert.deepEqual(await collectDone(a, 3), fromB);
    assert.deepEqual([await collectNow(a), await collectNow(b)], [[], []]);
  });

  contract('what is done is gone, for a collector opened later too', async () => {
    await using place = await makePlace();
    const { a, b } = await place.both();
    await leaveAll(a, 'a', bodies(3));
    await collectDone(b, 3);
    await b.close();
    assert.deepEqual(await collectNow(await place.open('b')), []);
  });

  contract('what is given back with later is shown again', async () => {
    await using place = await makePlace();
    const { a, b } = await place.both();
    const [body] = bodies(1);
    await leaveAll(a, 'a', [body ?? '']);
    const seen: string[] = [];
    for await (const batch of b.collect({ wait: true })) {
      for (const delivery of batch) {
        seen.push(delivery.body);
        await (seen.length === 1 ? delivery.later() : delivery.done());
      }
      if (seen.length === 2) break;
    }
    assert.deepEqual(seen, [body, body]);
    assert.deepEqual(await collectNow(b), []);
  });

  contract('ending the iteration gives back what was not settled', async () => {
    await using place = await makePlace();
    const { a, b } = await place.both();
    const left = bodies(3);
    await leaveAll(a, 'a', left);
    for await (const batch of b.collect({ wait: true })) {
      assert.equal(batch[0]?.body, left[0]);
      break;
    }
    assert.deepEqual(await collectDone(await place.open('b'), 3), left);
  });

  contract('an abort gives back what was not settled', async () => {
    await using place = await makePlace();
    const { a, b } = await place.both();
    const left = bodies(3);
    await leaveAll(a, 'a', left);
    const abort = new AbortController();
    const reason = new Error('enough');
    const iterator = b.collect({ wait: true, signal: abort.signal })[Symbol.asyncIterator]();
    await nextBatch(iterator);
    abort.abort(reason);
    await assert.rejects(async () => iterator.next(), reason);
    assert.deepEqual(await collectDone(b, 3), left);
  });

  contract('a letter that was taken before an abort can still be settled', async () => {
    await using place = await makePlace();
    const { a, b } = await place.both();
    await leaveAll(a, 'a', bodies(1));
    const abort = new AbortController();
    const iterator = b.collect({ wait: true, signal: abort.signal })[Symbol.asyncIterator]();
    const batch = await nextBatch(iterator);
    abort.abort(new Error('enough'));
    await Promise.all(batch.map((delivery) => delivery.done()));
    await assert.rejects(async () => iterator.next(), /enough/);
    assert.deepEqual(await collectNow(b), []);
  });

  contract('an abort while waiting ends at once and swallows nothing', async () => {
    await using place = await makePlace();
    const { a, b } = await place.both();
    for (let round = 0; round < 3; round += 1) {
      const abort = new AbortController();
      const iterator = b.collect({ wait: true, signal: abort.signal })[Symbol.asyncIterator]();
      const waiting = assert.rejects(async () => iterator.next(), /enough/);
      // So that in most rounds the abort meets a collector that is already waiting; the result is the same without.
      await new Promise((resolve) => setTimeout(resolve, round * 150));
      const started = performance.now();
      abort.abort(new Error('enough'));
      await waiting;
      // A long poll lasts 20 seconds.
      assert.ok(performance.now() - started < 10_000, 'the abort took too long');
      const body = randomBody();
      await leaveAll(a, 'a', [body]);
      assert.deepEqual(await collectDone(b, 1), [body]);
    }
  });

  contract('a signal that is aborted already ends every call with its reason', async () => {
    await using place = await makePlace();
    const { a, b } = await place.both();
    const signal = AbortSignal.abort(new Error('enough'));
    await assert.rejects(a.leave([{ to: 'b', body: randomBody() }], { signal }), /enough/);
    const iterator = b.collect({ wait: true, signal })[Symbol.asyncIterator]();
    await assert.rejects(async () => iterator.next(), /enough/);
    assert.deepEqual(await collectNow(b), []);
  });

  contract('a collector that waits is shown what is left later', async () => {
    await using place = await makePlace();
    const { a, b } = await place.both();
    const left = bodies(3);
    const collected = collectDone(b, 3);
    for (const body of left) await leaveAll(a, 'a', [body]);
    assert.deepEqual(await collected, left);
  });

  contract('nobody else is shown a letter that is held', async () => {
    await using place = await makePlace();
    const { a, b } = await place.both();
    const other = await place.open('b');
    const left = bodies(1);
    await leaveAll(a, 'a', left);
    const iterator = b.collect({ wait: true })[Symbol.asyncIterator]();
    const batch = await nextBatch(iterator);
    assert.deepEqual(await collectNow(other), []);
    await Promise.all(batch.map((delivery) => delivery.done()));
    await iterator.return?.();
    assert.deepEqual(await collectNow(other), []);
  });

  contract('two collectors share the letters and never hold the same one', async () => {
    await using place = await makePlace();
    const a = await place.open('a');
    const left = bodies(30);
    const held = new Set<string>();
    const seen: string[] = [];
    const enough = new AbortController();
    const collector = async () => {
      const b = await place.open('b');
      try {
        for await (const batch of b.collect({ wait: true, signal: enough.signal })) {
          for (const { body } of batch) {
            assert.ok(!held.has(body), 'held twice at the same time');
            held.add(body);
          }
          await new Promise((resolve) => setImmediate(resolve));
          for (const delivery of batch) {
            held.delete(delivery.body);
            seen.push(delivery.body);
            await delivery.done();
          }
          if (seen.length >= left.length) enough.abort(new Error('enough'));
        }
      } catch (error) {
        if (!enough.signal.aborted) throw error;
      }
    };
    await Promise.all([collector(), collector(), leaveAll(a, 'a', left)]);
    assert.deepEqual([...seen].sort(), [...left].sort());
  });

  contract('two senders leave at once and each keeps its own order', async () => {
    await using place = await makePlace();
    const { a, b } = await place.both();
    const other = await place.open('a');
    const [first, second] = [bodies(12), bodies(12)];
    await Promise.all([leaveAll(a, 'a', first), leaveAll(other, 'a', second)]);
    const collected = await collectDone(b, 24);
    for (const mine of [first, second]) {
      assert.deepEqual(
        collected.filter((body) => mine.includes(body)),
        mine,
      );
    }
  });

  contract('bodies at the limit pass unchanged', async () => {
    await using place = await makePlace();
    const { a, b } = await place.both();
    const left = [randomBody(a.limits.bodyBytes), randomBody(1), randomBody(a.limits.bodyBytes)];
    await leaveAll(a, 'a', left);
    const collected = await collectDone(b, 3);
    assert.deepEqual(
      collected.map((body) => body.length),
      left.map((body) => body.length),
    );
    assert.ok(collected.every((body, index) => body === left[index]));
  });

  contract('a body above the limit is refused with words', async () => {
    await using place = await makePlace();
    const { a, b } = await place.both();
    await assert.rejects(a.leave([{ to: 'b', body: randomBody(a.limits.bodyBytes + 1) }]), BtrError);
    assert.deepEqual(await collectNow(b), []);
  });
}

/** The life of several drops: calls that are given up, closing, opening anew. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import type { Letter } from '../../client/drops/drop.ts';
import type { Way } from '../../client/drops/several/index.ts';
import { DropError } from '../../client/errors.ts';
import { Place, several, TestClock } from './several-tools.ts';

const letter = (body: string): Letter => ({ to: 'b', body });

test('who gives up hears the own reason, and no drop is put aside for it', async () => {
  const [one, two] = [new Place('1'), new Place('2')];
  const drop = several([one, two]);
  one.weather = 'hanging';
  const abort = new AbortController();
  const left = drop.leave([letter('x')], { signal: abort.signal });
  await one.called('leave');
  abort.abort(new Error('enough'));
  await assert.rejects(left, /enough/);
  one.weather = 'fair';
  await drop.leave([letter('y')]);
  assert.deepEqual(
    [one, two].map(({ cloud }) => cloud.waiting('a-to-b')),
    [['y'], []],
  );
});

test('nobody hears later that a drop could not be opened for one who has given up', async () => {
  const one = new Place('1');
  const { promise: first, reject } = Promise.withResolvers<never>();
  const drop = several([], {
    ways: [{ ...one.way('a'), open: () => (abort.signal.aborted ? one.way('a').open() : first) }],
  });
  const abort = new AbortController();
  const left = drop.leave([letter('x')], { signal: abort.signal });
  abort.abort(new Error('enough'));
  await assert.rejects(left, /enough/);
  reject(new DropError('Out of reach.', { code: 'drop-unreachable', retryable: true }));
  await new Promise((resolve) => setImmediate(resolve));
  await drop.leave([letter('y')]);
  assert.deepEqual(one.cloud.waiting('a-to-b'), ['y']);
  await drop.close();
});

test('closing ends at once whatever hangs, and closes a drop that opens too late', async () => {
  const [one, two] = [new Place('1'), new Place('2')];
  const opening = Promise.withResolvers<void>();
  const late = { ...two.way('a'), open: () => opening.promise.then(() => two.way('a').open()) };
  const drop = several([], { ways: [one.way('a'), late], policy: 'all' });
  one.weather = 'hanging';
  const calls = [drop.leave([letter('x')]), drop.check(), drop.collect({ wait: true })[Symbol.asyncIterator]().next()];
  const ended = Promise.all(calls.map((call) => assert.rejects(Promise.resolve(call), { code: 'drop-closed' })));
  await one.called('leave');
  await drop.close();
  await ended;
  await assert.rejects(drop.leave([letter('x')]), { code: 'drop-closed' });
  assert.equal(one.open, 0);
  opening.resolve();
  for (let turn = 0; two.opened === 0 || two.open > 0; turn++) {
    assert.ok(turn < 100, 'it is closed as soon as it is open');
    await new Promise((resolve) => setImmediate(resolve));
  }
});

test('a drop that failed is opened anew, and the old one closed once nobody uses it', async () => {
  const clock = new TestClock();
  const one = new Place('1');
  const drop = several([one], { clock });
  const collecting = drop.collect({ wait: true })[Symbol.asyncIterator]();
  const next = collecting.next();
  await one.called('collect');
  one.weather = 'failing';
  await assert.rejects(drop.leave([letter('x')]), /Out of reach/);
  one.weather = 'fair';
  await drop.leave([letter('x')]);
  assert.deepEqual([one.opened, one.open], [2, 2], 'the collector goes on with the old one');
  one.cloud.inject('b-to-a', 'answer');
  assert.equal((await next).value?.[0]?.body, 'answer');
  await collecting.return?.();
  assert.equal(one.open, 1);
  await drop.close();
  assert.equal(one.open, 0);
});

test('a call that has ended leaves nothing behind on the signals, which may live as long as a chat', async () => {
  const [one, two] = [new Place('1'), new Place('2')];
  const signals: AbortSignal[] = [];
  const ways = [one, two].map((place) => {
    const way = place.way('a');
    const open = async () => {
      const drop = await way.open();
      return {
        ...drop,
        leave: (...[letters, options]: Parameters<typeof drop.leave>) => {
          if (options?.signal) signals.push(options.signal);
          return drop.leave(letters, options);
        },
      };
    };
    return { ...way, open };
  });
  const drop = several([], { ways });
  one.weather = 'failing';
  await drop.leave([letter('x')], { signal: new AbortController().signal });
  const listeners = signals.map((signal) => getEventListeners(signal, 'abort').length);
  assert.deepEqual(listeners, [0, 0]);
  await drop.close();
});

test('trouble that a drop gets over by itself is told once, by its name, until it serves again', async () => {
  const one = new Place('1');
  const way = one.way('a');
  let trouble = () => {};
  const troubled: Way = {
    ...way,
    open: (onTrouble) => {
      trouble = () => onTrouble?.(new DropError('Out of reach.', { code: 'drop-unreachable', retryable: true }));
      return way.open(onTrouble);
    },
  };
  const told: string[] = [];
  const drop = several([], { ways: [troubled], onTrouble: ({ message }) => told.push(message) });
  const collecting = drop.collect({ wait: true })[Symbol.asyncIterator]();
  for (const times of [1, 2]) {
    const next = collecting.next();
    if (times === 1) await one.called('collect');
    trouble();
    trouble();
    assert.deepEqual(told, Array(times).fill('place 1: Out of reach.'));
    one.cloud.inject('b-to-a', `answer ${times}`);
    for (const delivery of (await next).value ?? []) await delivery.done();
  }
  await collecting.return?.();
  await drop.close();
});

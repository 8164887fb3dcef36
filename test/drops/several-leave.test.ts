/** Leaving by several drops: by which, and what happens when one fails, hangs or can't be opened. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Letter } from '../../client/drops/drop.ts';
import { useProxy } from '../../client/drops/proxy/index.ts';
import { meetingOrder, meetingPeriod } from '../../client/protocol/rendezvous.ts';
import { Place, several, TestClock, type Weather } from './several-tools.ts';

const letter = (body: string): Letter => ({ to: 'b', body });
const everywhere = (body: string): Letter => ({ to: 'b', body, everywhere: true });
const waiting = (...places: readonly Place[]) => places.map(({ cloud }) => cloud.waiting('a-to-b'));

function troubles() {
  const told: string[] = [];
  return { told, onTrouble: (error: Error) => void told.push(error.message) };
}

test('a letter goes by the first drop, and the others are not even opened', async () => {
  const [one, two] = [new Place('1'), new Place('2')];
  const drop = several([one, two]);
  await drop.leave([letter('x'), letter('y')]);
  assert.deepEqual(waiting(one, two), [['x', 'y'], []]);
  assert.deepEqual([one.opened, two.opened], [1, 0]);
  await drop.close();
  assert.equal(one.open, 0);
});

const deaths: readonly { readonly name: string; readonly weather?: Weather; readonly door?: Weather; most: number }[] =
  [
    { name: 'refuses', weather: 'failing', most: 0 },
    { name: 'hangs', weather: 'hanging', most: 1500 },
    { name: 'is not allowed', weather: 'denied', most: 0 },
    { name: 'can not be opened', door: 'failing', most: 0 },
    { name: 'hangs when it is opened', door: 'hanging', most: 1500 },
  ];
for (const { name, weather = 'fair', door = 'fair', most } of deaths) {
  test(`where the first drop ${name}, another has the letter well within two seconds, and the next at once`, async () => {
    const clock = new TestClock();
    const [one, two] = [new Place('1'), new Place('2')];
    const drop = several([one, two], { clock });
    if (door === 'fair') await drop.leave([letter('before')]);
    Object.assign(one, { weather, door });
    const { took } = await clock.run(drop.leave([letter('x')]));
    assert.ok(took <= most, `${took} ms`);
    assert.deepEqual(two.cloud.waiting('a-to-b'), ['x']);
    const asked = one.calls.length;
    assert.equal((await clock.run(drop.leave([letter('y')]))).took, 0);
    assert.deepEqual(two.cloud.waiting('a-to-b'), ['x', 'y']);
    assert.equal(one.calls.length, asked, 'it is put aside');
    await drop.close();
    assert.deepEqual([one.open, two.open], [0, 0]);
  });
}

test('through a proxy, where new ways take seconds, a drop has five', async () => {
  const clock = new TestClock();
  const [one, two] = [new Place('1'), new Place('2')];
  one.weather = 'hanging';
  useProxy('socks5://127.0.0.1:9');
  const drop = several([one, two], { clock });
  useProxy(undefined);
  const { took } = await clock.run(drop.leave([letter('x')]));
  assert.ok(took >= 5000 && took < 6000, `it took ${took} ms`);
  assert.deepEqual(waiting(one, two), [[], ['x']]);
  await drop.close();
});

test('a drop that was put aside is tried again, later each time, and serves again once it can', async () => {
  const clock = new TestClock();
  const { told, onTrouble } = troubles();
  const [one, two] = [new Place('1'), new Place('2')];
  const drop = several([one, two], { clock, onTrouble });
  one.weather = 'failing';
  const triedAt: number[] = [];
  for (; clock.now() < 1_000_000; clock.advance(500)) {
    const before = one.count('leave');
    await drop.leave([letter(`${clock.now()}`)]);
    if (one.count('leave') > before) triedAt.push(clock.now());
  }
  const rests = triedAt.slice(1).map((at, index) => at - (triedAt[index] ?? 0));
  assert.deepEqual(
    rests,
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 300].map((seconds) => seconds * 1000).slice(0, rests.length),
  );
  assert.ok(rests.length >= 9);
  assert.deepEqual(told, ['place 1: Out of reach.'], 'said once');
  one.weather = 'fair';
  clock.advance(300_000);
  await drop.leave([letter('again')]);
  assert.deepEqual(one.cloud.waiting('a-to-b'), ['again']);
  one.weather = 'failing';
  await Promise.all([drop.leave([letter('last')]), drop.leave([letter('and last')])]);
  assert.equal(told.length, 2, 'said again, as it had served between');
  one.weather = 'fair';
  clock.advance(1000);
  await drop.leave([letter('soon')]);
  assert.ok(one.cloud.waiting('a-to-b').includes('soon'), 'failures before count no more, those side by side once');
});

test('being slow once may be chance; the second time in a row is said', async () => {
  const clock = new TestClock();
  const { told, onTrouble } = troubles();
  const [one, two] = [new Place('1'), new Place('2')];
  const drop = several([one, two], { clock, onTrouble });
  one.weather = 'hanging';
  for (const expected of [0, 1, 1]) {
    await clock.run(drop.leave([letter(`${clock.now()}`)]));
    clock.advance(10_000);
    assert.equal(told.length, expected);
  }
  assert.match(told[0] ?? '', /^place 1: It takes long/);
});

test('where all drops fail, one error names them; nothing is told beside it', async () => {
  const { told, onTrouble } = troubles();
  const [one, two] = [new Place('1'), new Place('2')];
  const drop = several([one, two], { onTrouble });
  Object.assign(one, { weather: 'denied' });
  Object.assign(two, { weather: 'failing' });
  const text = "None of the channel's drops can be used now. place 1: Not allowed. place 2: Out of reach.";
  await assert.rejects(drop.leave([letter('x')]), { message: text, code: 'no-drop-reached', retryable: true });
  two.weather = 'denied';
  await assert.rejects(drop.leave([letter('x')]), { retryable: false });
  two.weather = 'fair';
  await drop.leave([letter('y')]);
  assert.deepEqual(waiting(one, two), [[], ['y']]);
  assert.deepEqual(told, [], 'nor later, as the error had named it');
  [one.weather, two.weather] = ['fair', 'failing'];
  await drop.leave([letter('x')]);
  assert.deepEqual(waiting(one, two), [['x'], ['y']], 'those put aside are asked where there is no other');
});

test('the failure of the only drop is told as it is', async () => {
  const one = new Place('1');
  one.weather = 'denied';
  await assert.rejects(several([one]).leave([letter('x')]), { message: 'Not allowed.', code: 'access-denied' });
});

test('a letter for everywhere goes by every drop that serves, and by those put aside where no other took it', async () => {
  const clock = new TestClock();
  const places = [new Place('1'), new Place('2'), new Place('3')] as const;
  const [one, two, three] = places;
  const drop = several(places, { clock });
  one.weather = 'failing';
  await drop.leave([letter('x')]);
  one.weather = 'fair';
  await drop.leave([everywhere('y')]);
  assert.deepEqual(waiting(...places), [[], ['x', 'y'], ['y']]);
  [two.weather, three.weather] = ['failing', 'failing'];
  await drop.leave([everywhere('z')]);
  assert.deepEqual(waiting(...places), [['z'], ['x', 'y'], ['y']]);
});

test('policy all leaves by every drop; a slow one has a little longer, then is put aside', async () => {
  const clock = new TestClock();
  const [one, two] = [new Place('1'), new Place('2')];
  const drop = several([one, two], { clock, policy: 'all' });
  await drop.leave([letter('x')]);
  assert.deepEqual(waiting(one, two), [['x'], ['x']]);
  two.weather = 'hanging';
  const { took } = await clock.run(drop.leave([letter('y')]));
  assert.ok(took >= 1000 && took <= 1500, `${took} ms`);
  assert.equal((await clock.run(drop.leave([letter('z')]))).took, 0);
  assert.deepEqual(waiting(one, two), [['x', 'y', 'z'], ['x']]);
});

test('letters before and after one for everywhere keep their order in each drop', async () => {
  const [one, two] = [new Place('1'), new Place('2')];
  await several([one, two]).leave([letter('1'), everywhere('2'), everywhere('3'), letter('4')]);
  assert.deepEqual(waiting(one, two), [
    ['1', '2', '3', '4'],
    ['2', '3'],
  ]);
});

test('a body that is too large for one drop goes by the next, and is nothing against the first', async () => {
  const [one, two] = [new Place('1', { bodyBytes: 10 }), new Place('2', { bodyBytes: 20 })];
  const drop = several([one, two]);
  assert.equal(drop.limits.bodyBytes, 10);
  await drop.leave([letter('small'), letter('large'.repeat(3)), letter('short')]);
  assert.deepEqual(waiting(one, two), [['small', 'short'], ['large'.repeat(3)]]);
  await assert.rejects(drop.leave([letter('fits'), letter('x'.repeat(21))]), {
    code: 'body-too-large',
    retryable: false,
  });
  assert.deepEqual(waiting(one, two)[0], ['small', 'short']);
});

test('a drop is given no more at once than it takes', async () => {
  const one = new Place('1', { bodyBytes: 4, batchBodies: 2, batchBytes: 6 });
  const drop = several([one]);
  const bodies = ['aaaa', 'bbb', 'c', 'd', 'e', 'ffff'];
  await drop.leave(bodies.map(letter));
  assert.deepEqual(one.cloud.waiting('a-to-b'), bodies);
  assert.equal(one.count('leave'), 4, 'aaaa, bbb c, d e, ffff');
  assert.deepEqual([drop.limits.batchBodies, drop.limits.batchBytes], [2, 6]);
});

test('policy random takes each drop now and then', async () => {
  const places = [new Place('1'), new Place('2'), new Place('3')];
  const drop = several(places, { policy: 'random' });
  for (let count = 0; count < 100; count++) await drop.leave([letter(`${count}`)]);
  // One of three is left out a hundred times in a row once in 10^17 runs.
  assert.ok(waiting(...places).every(({ length }) => length > 0));
});

test('policy meet takes the place of the hour, and the next in its order where that fails', async () => {
  const places = [new Place('1'), new Place('2'), new Place('3')];
  const meetingKey = Buffer.alloc(32, 1);
  const tags = places.map(({ tag }) => tag);
  for (let hour = 0; hour < 30; hour++) {
    const time = hour * meetingPeriod + 1;
    const drop = several(places, { policy: 'meet', meetingKey, now: () => time });
    const [first, second] = meetingOrder(meetingKey, tags, time).map((tag) =>
      places.find((place) => place.tag === tag),
    );
    await drop.leave([letter(`first ${hour}`)]);
    assert.ok(first && second);
    assert.ok(first.cloud.waiting('a-to-b').includes(`first ${hour}`));
    first.weather = 'failing';
    await drop.leave([letter(`second ${hour}`)]);
    assert.ok(second.cloud.waiting('a-to-b').includes(`second ${hour}`));
    first.weather = 'fair';
  }
  assert.throws(() => several(places, { policy: 'meet' }), RangeError);
});

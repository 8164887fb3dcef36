/** Counts of what a home asked of its clouds: added up over processes and months, bounded in what a kill loses. */
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { createMemoryCloud } from '../../client/drops/memory/cloud.ts';
import type { Meter } from '../../client/drops/usage.ts';
import { SetupError } from '../../client/errors.ts';
import { Messenger } from '../../client/messenger/messenger.ts';
import { UsageCounts } from '../../client/messenger/usage.ts';
import { Home } from '../../client/store/home.ts';
import { monthOf, type UsageRow } from '../../client/store/usage.ts';
import { Folder } from './support.ts';

const november = Date.UTC(2026, 10, 30, 23, 59);

/** The store of a home with two channels, `bob` (1) and `carol` (2). */
async function openHome(folder: Folder): Promise<Home> {
  const home = await Home.create(folder.join('home'), { name: 'ann' });
  const settings = { role: 'a', suite: 'plain', drop: { kind: 'memory' }, channelId: '', roots: [] } as const;
  home.db.transaction(() => {
    for (const name of ['bob', 'carol']) {
      home.channels.add({ ...settings, name, receipts: true, met: false }, november);
    }
  });
  return home;
}

function row(change: Partial<UsageRow>): UsageRow {
  const counts = { requests: 1, billed: 2, sent: 3, received: 4, kibHours: 5 };
  return { channel: 1, month: monthOf(november), operation: 'SendMessage', ...counts, ...change };
}

test('usage: adds up by channel, month and operation, and goes with its channel', async () => {
  await using folder = await Folder.make();
  const home = await openHome(folder);
  const month = monthOf(november);
  assert.equal(month, 2026 * 12 + 10);
  home.usage.add([row({}), row({ operation: 'GetObject', requests: 7 })]);
  home.usage.add([row({ kibHours: 0.25 }), row({ channel: 2 }), row({ month: month + 1 })]);
  const { channel: _channel, month: _month, ...one } = row({});
  assert.deepEqual(home.usage.of(1, month), [
    { operation: 'SendMessage', requests: 2, billed: 4, sent: 6, received: 8, kibHours: 6 },
    { ...one, operation: 'GetObject', requests: 7 },
  ]);
  assert.deepEqual(home.usage.of(1, month + 1), [one]);
  assert.deepEqual(home.usage.of(2, month), [one]);
  assert.deepEqual(home.usage.of(1, month - 1), []);
  home.db.transaction(() => home.channels.remove(1));
  home.usage.add([row({}), row({ channel: 2 })]);
  assert.deepEqual(home.usage.of(1, month), []);
  assert.equal(home.usage.of(2, month)[0]?.requests, 2);
  home.close();
});

test('usage: an operation that this version does not know is counted as such', async () => {
  await using folder = await Folder.make();
  const home = await openHome(folder);
  home.usage.add([row({ operation: 'SendCarrierPigeon' }), row({ operation: 'Another' })]);
  assert.deepEqual(
    home.usage.of(1, monthOf(november)).map(({ operation, requests }) => [operation, requests]),
    [['other', 2]],
  );
  home.close();
});

test('usage: an endpoint that announces the largest of answers can be counted again and again', async () => {
  await using folder = await Folder.make();
  const home = await openHome(folder);
  const received = Number.MAX_SAFE_INTEGER;
  for (const announced of [received, received * 3]) home.usage.add([row({ received: announced })]);
  assert.deepEqual(
    home.usage.of(1, monthOf(november)).map((use) => [use.received, use.requests]),
    [[received, 2]],
  );
  home.close();
});

test('usage: two processes of one home add up', async () => {
  await using folder = await Folder.make();
  const home = await openHome(folder);
  const other = await Home.open(folder.join('home'), undefined);
  for (const one of [home, other, home]) one.usage.add([row({})]);
  assert.equal(other.usage.of(1, monthOf(november))[0]?.requests, 3);
  other.close();
  home.close();
});

/** Counters of a home whose timers are ticked by hand. */
async function counting(work: (counted: { home: Home; counts: UsageCounts; meter: Meter }) => void): Promise<void> {
  await using folder = await Folder.make();
  const home = await openHome(folder);
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: november });
  try {
    const counts = new UsageCounts(home, Date.now);
    work({ home, counts, meter: counts.meter(1) });
  } finally {
    mock.timers.reset();
    home.close();
  }
}

test('usage: what is counted reaches the store half a minute later at most, in its own month', async () => {
  await counting(({ home, meter }) => {
    const requests = (month: number) => home.usage.of(1, month).map((use) => use.requests);
    const month = monthOf(november);
    meter({ operation: 'SendMessage', sent: 10, received: 20 });
    mock.timers.tick(29_999);
    meter({ operation: 'SendMessage', sent: 10, received: 20, billed: 3, byteHours: 3072 });
    assert.deepEqual(requests(month), []);
    mock.timers.tick(1);
    assert.deepEqual(home.usage.of(1, month), [
      { operation: 'SendMessage', requests: 2, billed: 4, sent: 20, received: 40, kibHours: 3 },
    ]);
    mock.timers.tick(60_000);
    assert.deepEqual(requests(month), [2]);
    meter({ operation: 'SendMessage', sent: 0, received: 0 });
    mock.timers.tick(30_000);
    assert.deepEqual([requests(month), requests(month + 1)], [[2], [1]]);
  });
});

test('usage: what could not be written waits, and is written once', async () => {
  await using folder = await Folder.make();
  const home = await openHome(folder);
  const counts = new UsageCounts(home, () => november);
  counts.meter(1)({ operation: 'GetObject', sent: 0, received: 1 });
  const busy = mock.method(home.usage, 'add', () => {
    throw new SetupError('busy', { code: 'home-busy' });
  });
  counts.flush();
  busy.mock.restore();
  for (let times = 0; times < 2; times += 1) counts.flush();
  assert.deepEqual(
    home.usage.of(1, monthOf(november)).map(({ requests }) => requests),
    [1],
  );
  counts.meter(1)({ operation: 'GetObject', sent: 0, received: 1 });
  mock.method(home.usage, 'add', () => {
    throw new TypeError('a fault of ours');
  });
  assert.throws(() => counts.flush(), TypeError);
  home.close();
});

test('usage: a request that is answered after the home was closed does no harm', async () => {
  await using folder = await Folder.make();
  (await openHome(folder)).close();
  let count: Meter | undefined;
  const openDrop = async (_channel: unknown, _onTrouble: unknown, meter: Meter) => {
    count = meter;
    return createMemoryCloud().drop('a');
  };
  const messenger = await Messenger.open({ home: folder.join('home'), openDrop });
  await messenger.check('bob');
  await messenger.close();
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    count?.({ operation: 'SendMessage', sent: 1, received: 1 });
    assert.doesNotThrow(() => mock.timers.tick(60_000));
  } finally {
    mock.timers.reset();
  }
  assert.ok(count);
});

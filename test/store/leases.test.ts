import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Home } from '../../client/store/home.ts';
import { isAlive, leaseTime } from '../../client/store/leases.ts';
import { Folder, startScript } from './support.ts';

const now = Date.UTC(2026, 0, 1);
const until = now + leaseTime;

async function withHome(work: (home: Home) => Promise<void> | void): Promise<void> {
  await using folder = await Folder.make();
  const home = await Home.create(folder.join('home'), { name: 'alice' });
  try {
    await work(home);
  } finally {
    home.close();
  }
}

function take(home: Home, at: number) {
  return home.db.transaction(() => home.leases.take('work', at));
}

test('a lease is had once, until it is released', () =>
  withHome((home) => {
    const lease = take(home, now);
    assert.ok(lease);
    assert.equal(take(home, now + 1), undefined);
    assert.ok(home.db.transaction(() => home.leases.take('other work', now)));
    home.leases.release(lease);
    assert.ok(take(home, now + 2));
  }));

test('a lease ends with its time, and whoever held it can neither renew nor release it then', () =>
  withHome((home) => {
    const first = take(home, now);
    assert.ok(first);
    assert.equal(take(home, until - 1), undefined);
    assert.ok(home.leases.renew(first, until + 1000));
    assert.equal(take(home, until + 999), undefined);
    const second = take(home, until + 1000);
    assert.ok(second);
    assert.equal(home.leases.renew(first, until + 9000), false);
    home.leases.release(first);
    assert.equal(take(home, until + 1001), undefined, 'the second one is still held');
  }));

test('while its holder lives, another process does not get it; when it is dead, at once', () =>
  withHome(async (home) => {
    await using holder = startScript('hold-lease.ts', home.directory, String(until));
    assert.equal(await holder.line(), 'taken');
    assert.equal(take(home, now), undefined);
    await using second = startScript('hold-lease.ts', home.directory, String(until));
    assert.equal(await second.line(), 'busy');
    await second.end();
    assert.equal(isAlive(holder.pid), true);
    await holder.kill();
    assert.equal(isAlive(holder.pid), false);
    assert.ok(take(home, now));
  }));

test('a living holder whose time is over has lost it', () =>
  withHome(async (home) => {
    await using holder = startScript('hold-lease.ts', home.directory, String(until));
    assert.equal(await holder.line(), 'taken');
    assert.equal(take(home, until - 1), undefined);
    assert.ok(take(home, until));
  }));

test('process 1 is alive, whoever asks', { skip: process.platform === 'win32' && 'Windows has no process 1' }, () => {
  assert.equal(isAlive(1), true);
  assert.equal(isAlive(process.pid), true);
});

import assert from 'node:assert/strict';
import test from 'node:test';
import { PollWatch } from '../../client/drops/sftp/poll-watch.ts';

test('sftp: a listing a time is all that waiting costs, until there is a letter', async () => {
  let looks = 0;
  const watch = new PollWatch(async () => (++looks === 3 ? ['a letter'] : []), 1);
  await watch.changed(new AbortController().signal);
  assert.equal(looks, 3);
});

test('sftp: without a letter everything is looked at now and then, for what a collector that is gone holds', async () => {
  let looks = 0;
  const watch = new PollWatch(async () => {
    looks += 1;
    assert.ok(looks < 100, 'it waits for ever');
    return [];
  }, 1);
  await watch.changed(new AbortController().signal);
  assert.ok(looks > 1);
});

test("sftp: waiting ends with the signal's reason, and with what a listing meets", async () => {
  const enough = new AbortController();
  const waiting = new PollWatch(async () => [], 60_000).changed(enough.signal);
  enough.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  const failing = new PollWatch(() => Promise.reject(new Error('lost')), 1);
  await assert.rejects(failing.changed(new AbortController().signal), /lost/);
});

/** `btr channel set --history` and `--timer`, and what is told of them. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventsOf } from '../tools/btr.ts';
import { Stage } from '../tools/stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

describe('retention', { concurrency: 2 }, () => {
  test('history and timer are set, shown to people and to scripts, and kept', async () => {
    const { alice, bob } = await stage.folderPair();
    const set = await alice.run(['channel', 'set', 'bob', '--history', '7d', '--timer', '1h', '--json']);
    const fields = { history: 604_800, timer: 3600, buddyTimer: null };
    const [changed] = eventsOf(set.stdout);
    assert.deepEqual({ ...changed, ...fields }, changed);
    assert.match(set.stderr, /^history 7 days, your timer 1 hour, bob's timer off$/m);
    assert.equal((await alice.run(['channel', 'set', '--receipts', 'off'])).code, 0);
    const [shown] = eventsOf((await alice.run(['channel', 'show', '--json'])).stdout);
    assert.deepEqual([shown?.history, shown?.timer, shown?.buddyTimer], [604_800, 3600, null]);

    await alice.run(['send', 'hello']);
    const { stdout, stderr } = await bob.run(['listen', '--once', '--json']);
    assert.match(stderr, /^alice's messages vanish 1 hour after they are shown\.$/m);
    assert.deepEqual(
      eventsOf(stdout).map(({ event, code, timer }) => [event, code, timer]),
      [
        ['notice', 'timer', undefined],
        ['message', undefined, 3600],
      ],
    );
    assert.match((await bob.run(['channel', 'show'])).stdout, /history forever, your timer off, alice's timer 1 hour/);
    await bob.run(['channel', 'set', '--history', 'off']);
    assert.equal((await bob.run(['history'])).stdout, '');

    await alice.run(['channel', 'set', '--history', 'forever', '--timer', 'off']);
    const [off] = eventsOf((await alice.run(['channel', 'show', '--json'])).stdout);
    assert.deepEqual([off?.history, off?.timer], ['forever', null]);
  });

  test('what is no duration, or too short or long, is refused, and nothing is changed', async () => {
    const { alice } = await stage.folderPair();
    for (const [option, value, said] of [
      ['--history', 'never', /"never" is not a duration/],
      ['--timer', 'forever', /"forever" is not a duration/],
      ['--timer', '0.5s', /a second at least/],
      ['--history', '4000d', /ten years at most/],
    ] as const) {
      const { code, stderr } = await alice.run(['channel', 'set', option, value, '--receipts', 'off']);
      assert.deepEqual([code, said.test(stderr)], [2, true], `${value}: ${stderr}`);
    }
    assert.match(
      (await alice.run(['channel', 'show'])).stdout,
      /receipts on\n(.*\n)+.*history forever, your timer off/,
    );
  });
});

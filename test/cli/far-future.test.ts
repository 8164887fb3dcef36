/** Messages of times that no calendar has, as a buddy with a client of their own may send them. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { frameIdBytes, frameKinds, maxTime } from '../../client/protocol/frames.ts';
import { Home } from '../../client/store/home.ts';
import { eventsOf, textsOf } from '../tools/btr.ts';
import { type Person, Stage } from '../tools/stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.make();
});
after(() => stage[Symbol.asyncDispose]());

/** Sends a text that says of itself when it was sent. @param sentAt milliseconds since 1970. */
async function sendsFrom(person: Person, buddy: string, sentAt: number): Promise<void> {
  const home = await Home.open(person.home, undefined);
  const known = home.channels.find(buddy);
  assert.ok(known);
  const frame = { kind: frameKinds.text, id: randomBytes(frameIdBytes), sentAt, content: Buffer.from('far away') };
  home.db.transaction(() => home.outbox.append(known.id, [frame]));
  home.close();
  await person.listens();
}

describe('times', { concurrency: 2 }, () => {
  test('a message of a day that there is no date for is refused, and history still shows the rest', async () => {
    const { alice, bob } = await stage.folderPair();
    await alice.run(['send', 'before']);
    await sendsFrom(alice, 'bob', maxTime + 1);
    const listened = await bob.run(['listen', '--once', '--json']);
    assert.equal(listened.code, 5, 'as for anything that was altered');
    const events = eventsOf(listened.stdout);
    assert.ok(
      events.some(({ code }) => code === 'malformed'),
      listened.stdout,
    );
    const { code, stdout, stderr } = await bob.run(['history', '--json']);
    assert.equal(code, 0, stderr);
    assert.deepEqual(textsOf(eventsOf(stdout)), ['before']);
  });

  test('a message of the last day that there is a date for is shown by listen and history', async () => {
    const { alice, bob } = await stage.folderPair();
    await sendsFrom(alice, 'bob', maxTime);
    assert.deepEqual(await bob.listens(), ['far away']);
    const shown = await bob.run(['history']);
    assert.deepEqual([shown.code, shown.stdout], [0, 'alice: far away\n'], shown.stderr);
    const { code, stdout, stderr } = await bob.run(['history', '--json']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /"sentAt":"9999-12-31T23:59:59.999Z"/);
  });
});

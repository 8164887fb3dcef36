/** What is left of a channel that was removed, and of a history that was wiped. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { makePair } from '../messenger/pair.ts';
import { channel, type Person } from '../messenger/person.ts';
import { backUp, putBack, talkOut } from './restored-tools.ts';

/** Tables that hold a row, apart from the home's own settings. */
function filledTables({ directory }: Person): string[] {
  const db = new DatabaseSync(`${directory}/btr.sqlite`, { readOnly: true });
  const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  const filled = names
    .map(({ name }) => String(name))
    .filter((name) => Number(db.prepare(`SELECT count(*) AS rows FROM ${name}`).get()?.rows) > 0);
  db.close();
  return filled.filter((name) => name !== 'settings' && name !== 'sqlite_sequence');
}

/** Both ways, acknowledged and not, held behind a gap, in quarantine, waiting to be left. */
async function fill(person: Person, other: Person): Promise<void> {
  const { cloud } = person;
  const way = other.role === 'a' ? 'a-to-b' : 'b-to-a';
  await other.send('one');
  await person.listen();
  await other.send('two');
  cloud.tamper(way, () => undefined);
  await other.send('three');
  cloud.inject(way, 'rubbish');
  await person.listen();
  await person.send('left');
  await person.queue('waits');
}

test('scenario: nothing is left in the store of a channel that was removed', async () => {
  await using pair = await makePair();
  const { a, b } = pair;
  await fill(b, a);
  const before = filledTables(b);
  for (const table of ['messages', 'frames_out', 'bodies', 'frames_held', 'quarantine', 'seen', 'streams_in']) {
    assert.ok(before.includes(table), table);
  }
  b.messenger.removeChannel(channel);
  assert.deepEqual(filledTables(b), []);
});

test('scenario: a wiped history is gone, and the channel goes on', async () => {
  await using pair = await makePair();
  const { cloud, a, b } = pair;
  await fill(b, a);
  b.messenger.wipeHistory(channel);
  assert.deepEqual([...b.messenger.history(channel)], []);
  const left = filledTables(b);
  for (const table of ['messages', 'files', 'quarantine']) assert.ok(!left.includes(table), table);
  cloud.advance(31_000);
  for (const person of [b, a, b, a]) await person.listen();
  assert.deepEqual(b.texts(), ['one', 'two', 'three']);
  assert.deepEqual(a.texts(), ['left', 'waits']);
});

test('scenario: what was wiped is not shown once more when the buddy goes back in time and sends it anew', async () => {
  await using pair = await makePair({ suite: 'signal' });
  const { a, b } = pair;
  await a.send('wiped');
  await b.listen();
  b.messenger.wipeHistory(channel);
  await putBack(a, await backUp(a));
  await a.send('later');
  await talkOut(b, a);
  assert.deepEqual(b.texts(), ['wiped', 'later']);
  assert.ok(b.notices().includes('buddy-restored'), b.notices().join());
});
